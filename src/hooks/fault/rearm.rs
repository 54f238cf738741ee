//! Wakes who waits for an edge.
//!
//! An edge-triggered poller is told of a change only. After a refusal that the kernel did not make nothing changes there,
//! and the program would wait for ever; so the kernel is made to look again. A TCP socket does so when an option is set
//! to the value that it has, which harms nobody. For others the poller's entry is written anew, as it is.
//!
//! io_uring and AIO look at the socket when they are asked to poll, and need nothing.

use super::wire;
use crate::host::Host;
use crate::openssl::ssl_st;
use libc::c_int;
use sslmode_engine::lawful::Direction;
use std::fs;

/// Raises the edge of this way again, if the socket is ready; if it is not, the kernel will when it gets ready.
pub fn edge(host: &Host, ssl: *const ssl_st, direction: Direction) {
    let fd = wire::bio(&host.below, ssl, direction).and_then(|bio| wire::fd(&host.below, bio));
    if let Some(fd) = fd
        && is_ready(fd, direction)
        && !touch(fd, direction)
    {
        rewrite_entries(fd);
    }
}

/// Asks the kernel. It tells of room for more only where a write has failed, or where somebody has asked before and was
/// told that there is none: no write of libssl's has failed here.
fn is_ready(fd: c_int, direction: Direction) -> bool {
    let events = match direction {
        Direction::Read => libc::POLLIN,
        Direction::Write => libc::POLLOUT,
    };
    let mut poll = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one pollfd, valid for writing.
    unsafe { libc::poll(&mut poll, 1, 0) != 0 }
}

/// Linux's tcp_set_rcvlowat and TCP_NOTSENT_LOWAT wake those who wait, where the socket is ready: seen on 6.18.
fn touch(fd: c_int, direction: Direction) -> bool {
    if wire::socket_option(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL) != Some(libc::IPPROTO_TCP) {
        return false;
    }
    let (level, name) = match direction {
        Direction::Read => (libc::SOL_SOCKET, libc::SO_RCVLOWAT),
        Direction::Write => (libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT),
    };
    let Some(value) = wire::socket_option(fd, level, name) else { return false };
    // SAFETY: value is a number of the size that is given.
    unsafe { libc::setsockopt(fd, level, name, (&raw const value).cast(), size_of::<c_int>() as libc::socklen_t) == 0 }
}

/// Each epoll instance of this process that waits for edges of this descriptor gets the same entry once more.
fn rewrite_entries(fd: c_int) {
    let Ok(descriptors) = fs::read_dir("/proc/self/fd") else { return };
    for descriptor in descriptors.flatten() {
        let is_poller =
            fs::read_link(descriptor.path()).is_ok_and(|target| target.as_os_str() == "anon_inode:[eventpoll]");
        let number = descriptor.file_name().to_str().and_then(|name| name.parse::<c_int>().ok());
        if let Some(poller) = number.filter(|_| is_poller)
            && let Ok(info) = fs::read_to_string(format!("/proc/self/fdinfo/{poller}"))
            && let Some(mut event) = entry(&info, fd)
            && event.events & libc::EPOLLET as u32 != 0
        {
            // SAFETY: event is a valid entry; where the descriptor is no longer there nothing happens.
            unsafe { libc::epoll_ctl(poller, libc::EPOLL_CTL_MOD, fd, &mut event) };
        }
    }
}

/// The entry of `fd` in what proc(5) shows of a poller: `tfd: 5 events: 8000001d data: 5 pos:0 ino:1 sdev:2`.
fn entry(info: &str, fd: c_int) -> Option<libc::epoll_event> {
    let of = |line: &str| {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let ["tfd:", tfd, "events:", events, "data:", data, ..] = words[..] else { return None };
        let number = |text| u64::from_str_radix(text, 16).ok();
        let event = libc::epoll_event { events: u32::try_from(number(events)?).ok()?, u64: number(data)? };
        (tfd.parse() == Ok(fd)).then_some(event)
    };
    info.lines().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::entry;

    #[test]
    fn entries_as_the_kernel_writes_them() {
        let info = "pos:\t0\nflags:\t02\nmnt_id:\t16\nino:\t1057\n\
                    tfd:        7 events: 8000201d data:     7f0000000010  pos:0 ino:2d sdev:8\n\
                    tfd:       17 events:        1 data:                7  pos:0 ino:2e sdev:8\n";
        let found = entry(info, 7).map(|event| (event.events, event.u64));
        assert_eq!(found, Some((0x8000_201d, 0x7f00_0000_0010)));
        assert!(entry(info, 1).is_none());
    }
}
