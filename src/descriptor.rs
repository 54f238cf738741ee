//! File descriptors in other people's processes: which file one is, and writing to it without harm.

use libc::c_int;
use std::io;

/// Which file a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// None where the descriptor is closed.
    pub fn of(fd: c_int) -> Option<Identity> {
        // SAFETY: all zeros is a valid stat, which fstat fills in.
        let mut stat: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: stat is valid for writing.
        let answer = unsafe { libc::fstat(fd, &mut stat) };
        (answer == 0).then_some(Identity { device: stat.st_dev, inode: stat.st_ino })
    }
}

/// Moves a descriptor of ours to where programs that count on low numbers do not meet it; out of the way of the next
/// file that is opened in any case.
pub fn move_up(fd: c_int) -> c_int {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: limit is valid for writing.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    // The kernel's table is as long as the highest descriptor: not higher than need be.
    let lowest = limit.rlim_cur.min(4096).saturating_sub(64);
    // SAFETY: both are plain system calls on a descriptor that is ours.
    unsafe {
        let high = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, lowest as c_int);
        if high < 0 {
            return fd;
        }
        libc::close(fd);
        high
    }
}

/// Writes all of `bytes` in one go.
///
/// # Errors
/// Nothing or only a part of it was written, or nobody reads any more.
pub fn write(fd: c_int, bytes: &[u8]) -> io::Result<()> {
    if reader_is_gone(fd) {
        return Err(io::Error::from_raw_os_error(libc::EPIPE));
    }
    if exceeds_limit(fd, bytes.len()) {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    loop {
        // SAFETY: the buffer is valid for its length.
        let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        return match usize::try_from(written) {
            Ok(written) if written == bytes.len() => Ok(()),
            Ok(_) => Err(io::Error::from_raw_os_error(libc::ENOSPC)),
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => continue,
                error => Err(error),
            },
        };
    }
}

/// A write behind the limit to the size of files would raise SIGXFSZ in the program.
fn exceeds_limit(fd: c_int, length: usize) -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: limit is valid for writing.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) };
    if limit.rlim_cur == libc::RLIM_INFINITY {
        return false;
    }
    // SAFETY: all zeros is a valid stat, which fstat fills in.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: stat is valid for writing.
    let known = unsafe { libc::fstat(fd, &mut stat) } == 0;
    let is_file = known && stat.st_mode & libc::S_IFMT == libc::S_IFREG;
    is_file && u64::try_from(stat.st_size).unwrap_or(0) + length as u64 > limit.rlim_cur
}

/// A write to a pipe or socket that nobody reads would raise SIGPIPE in the program.
fn reader_is_gone(fd: c_int) -> bool {
    let mut poll = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd, valid for writing.
    unsafe { libc::poll(&mut poll, 1, 0) };
    // A pipe says POLLERR, a socket POLLHUP.
    poll.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0
}
