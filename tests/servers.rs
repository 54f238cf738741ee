//! More servers, each at every door: what they serve is the same.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use support::doors::{Door, Server, at_every_door, at_every_door_without_faults, certificate, free_port};
use support::{python_interpreter, run};

/// The certificate and its key in one file, for servers that want them so; and a folder that other users may enter.
fn prepare(door: &Door) -> Vec<u8> {
    let pems = certificate().map(|path| fs::read_to_string(path).unwrap()).concat();
    fs::write(door.path("both.pem"), pems).unwrap();
    fs::set_permissions(door.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    door.megabyte()
}

/// Many fetches at once, over HTTP/2 where the server speaks it.
fn fetch_in_parallel(door: &Door, port: u16, data: &[u8], what: &str) {
    fetch_in_parallel_with(&[], door, port, data, what);
}

/// The same, with these options of curl's.
fn fetch_in_parallel_with(options: &[&str], door: &Door, port: u16, data: &[u8], what: &str) {
    let mut curl = door.command("curl");
    curl.args(options);
    curl.args(["--silent", "--show-error", "--fail", "--max-time", "60", "--parallel", "--cacert"]);
    curl.arg(certificate()[0]);
    for place in 0..8 {
        curl.args(["--output", &format!("fetched{place}"), &format!("https://localhost:{port}/data")]);
    }
    run(&mut curl).printed();
    for place in 0..8 {
        assert!(fs::read(door.path(&format!("fetched{place}"))).unwrap() == data, "{what}: other data");
    }
}

#[test]
fn haproxy_before_a_plain_server() {
    at_every_door(&["haproxy", "curl"], |door| {
        let (data, plain, port) = (prepare(door), free_port(), free_port());
        let mut http = Command::new(python_interpreter());
        http.args(["-m", "http.server", "--bind", "127.0.0.1", &plain.to_string()]).current_dir(door.folder.path());
        let _http = Server::start(&mut http, plain);
        let configuration = format!(
            "global\n  nbthread 2\ndefaults\n  mode http\n  timeout connect 9s\n  timeout client 30s\n  timeout server 30s\n\
             listen tls\n  bind 127.0.0.1:{port} ssl crt both.pem alpn h2,http/1.1\n  server plain 127.0.0.1:{plain}\n"
        );
        fs::write(door.path("haproxy.cfg"), configuration).unwrap();
        let haproxy = Server::start(door.command("haproxy").args(["-f", "haproxy.cfg"]), port);
        fetch_in_parallel(door, port, &data, "haproxy");
        drop(haproxy);
        door.check_trace("haproxy");
    });
}

/// Its TLS is a module, opened while it runs.
#[test]
fn lighttpd_and_its_module() {
    if !Path::new("/usr/lib/lighttpd/mod_openssl.so").exists() {
        println!("SKIP lighttpd: mod_openssl is not installed");
        return;
    }
    at_every_door(&["lighttpd", "curl"], |door| {
        let (data, port) = (prepare(door), free_port());
        let configuration = format!(
            "server.document-root = \"{0}\"\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
             server.modules = (\"mod_openssl\")\nssl.engine = \"enable\"\nssl.pemfile = \"{0}/both.pem\"\n",
            door.folder.path().display()
        );
        fs::write(door.path("lighttpd.conf"), configuration).unwrap();
        let lighttpd = Server::start(door.command("lighttpd").args(["-D", "-f", "lighttpd.conf"]), port);
        fetch_in_parallel(door, port, &data, "lighttpd");
        drop(lighttpd);
        door.check_trace("lighttpd");
    });
}

/// It opens its modules twice when it starts, and anew when it is told to; its workers run as somebody else.
#[test]
fn apache_that_opens_its_modules_anew() {
    let modules = Path::new("/usr/lib/apache2/modules");
    if !modules.join("mod_ssl.so").exists() {
        println!("SKIP apache2: mod_ssl is not installed");
        return;
    }
    // A key update makes some of its answers 403, a client's own too: mod_ssl (ssl_hook_Access) refuses requests while
    // SSL_is_init_finished is 0, which the threads of HTTP/2 may see while another one reads the update.
    at_every_door_without_faults(&["apache2", "curl"], |door| {
        let (data, port, [certificate, key]) = (prepare(door), free_port(), certificate());
        let folder = door.folder.path().display();
        let load = ["mpm_event", "authz_core", "ssl", "http2"]
            .map(|name| format!("LoadModule {name}_module {}/mod_{name}.so\n", modules.display()));
        let configuration = format!(
            "ServerRoot {folder}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {folder}/pid\n\
             ErrorLog {folder}/errors\nUser www-data\nGroup www-data\n{}Protocols h2 http/1.1\nDocumentRoot {folder}\n\
             <Directory {folder}>\nRequire all granted\n</Directory>\nSSLEngine on\nSSLCertificateFile {}\n\
             SSLCertificateKeyFile {}\n",
            load.concat(),
            certificate.display(),
            key.display()
        );
        fs::write(door.path("apache.conf"), configuration).unwrap();
        let mut apache = door.command("apache2");
        let apache = Server::start(apache.arg("-DFOREGROUND").arg("-f").arg(door.path("apache.conf")), port);
        fetch_in_parallel(door, port, &data, "apache2");
        apache.signal(libc::SIGUSR1);
        for _ in 0..3 {
            // A worker that is about to end may take a connection and close it unserved: seen without the library, too.
            let options = ["--retry", "3", "--retry-all-errors"];
            fetch_in_parallel_with(&options, door, port, &data, "apache2, once more");
        }
        drop(apache);
        door.check_trace("apache2");
    });
}

#[test]
fn mosquitto_at_all_three_ends() {
    // A broker whose first SSL_accept wants to write does not go on: it remembers that (net__socket_accept), and asks
    // epoll for input alone (mux_epoll__new).
    at_every_door_without_faults(&["mosquitto", "mosquitto_pub", "mosquitto_sub"], |door| {
        let (data, port, [certificate, key]) = (prepare(door), free_port(), certificate());
        let configuration = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\ncertfile {}\nkeyfile {}\n",
            certificate.display(),
            key.display()
        );
        fs::write(door.path("mosquitto.conf"), configuration).unwrap();
        let _server = Server::start(door.command("mosquitto").args(["-c", "mosquitto.conf"]), port);
        let client = |program: &str| {
            let mut command = door.command(program);
            command.args(["-h", "localhost", "-p", &port.to_string(), "-t", "topic", "-q", "1", "--cafile"]);
            command.arg(certificate);
            command
        };
        // Kept by the server for whoever asks.
        run(client("mosquitto_pub").args(["--retain", "-f", "data"])).printed_quietly();
        let mut subscriber = client("mosquitto_sub");
        subscriber.args(["-C", "1", "-N", "-W", "60"]).stdout(fs::File::create(door.path("received")).unwrap());
        assert!(subscriber.status().unwrap().success());
        assert!(fs::read(door.path("received")).unwrap() == data, "mosquitto: other data");
        door.check_trace("mosquitto");
    });
}
