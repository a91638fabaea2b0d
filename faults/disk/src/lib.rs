//! A disk that keeps a journal of what is written to it and fails when told, under a real server.
//!
//! To kill a process shows nothing of a power cut: the system keeps what was written, synced or not. So
//! this library is preloaded (`LD_PRELOAD`) under the program as people get it, and stands between it and
//! the system for the files of one folder. Nothing is known of it in the program: there is no switch that
//! could be left on.
//!
//! - `TASWIQ_DISK_FOLDER`: the folder, as an absolute path without links. Without it nothing is done.
//! - `TASWIQ_DISK_JOURNAL`: where to append what was done, in the order in which it was done.
//! - `TASWIQ_DISK_ORDERS`: a file of [`Orders`], read before each operation, which says how to fail.
//!
//! A record of the journal: what ([`What`], 1 byte), length of the file's name (1 byte), the name, where
//! (8 bytes), how many bytes follow (4 bytes), the bytes; numbers in little-endian order. It is written
//! after the system has done it and before the program hears of that, in one piece. So whoever has an
//! answer of the program finds everything that came before the answer in the journal.
//!
//! What is written through memory (`mmap`) is not seen. SQLite does that with its `-shm` file only, which
//! is made anew after a crash.

#![cfg(target_os = "linux")]
#![expect(
    unsafe_code,
    reason = "to stand in the place of the C library's functions means to be called by C"
)]
#![deny(clippy::undocumented_unsafe_blocks)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use libc::{mode_t, off_t, size_t, ssize_t};

/// What a record of the journal tells.
#[derive(Clone, Copy)]
#[repr(u8)]
enum What {
    /// A file was made.
    Made = 1,
    /// Bytes were written.
    Written = 2,
    /// A file was cut, or grown with zeros, to a length.
    Cut = 3,
    /// What was written to a file is on the disk; an empty name is the folder with its names.
    Synced = 4,
    /// A name was removed.
    Removed = 5,
    /// A file has got the name that follows.
    Renamed = 6,
    /// An operation failed as ordered; `where` is the number of the error.
    Failed = 7,
}

/// How to fail: five numbers of 8 bytes, little-endian.
///
/// An operation is a write, a cut or a sync, counted over all files of the folder.
#[derive(Clone, Copy)]
struct Orders {
    /// The error to give, as the system numbers them; 0 for none; [`KILL`] to die instead, [`HANG`] to wait.
    error: u64,
    /// The number of the first operation that fails.
    first: u64,
    /// How many fail.
    count: u64,
    /// 1 when only operations on a file whose name does not end in `-wal` or `-shm` are counted.
    only_main: u64,
    /// Operations so far: written here, read by whoever gives orders.
    operations: u64,
}

/// Kills the program before the operation is done, as `kill -9` would at that moment.
const KILL: u64 = 1_000;
/// Hangs until there are other orders, and then does the operation.
const HANG: u64 = 1_001;
/// How often somebody who hangs looks at the orders, in microseconds.
const LOOK_EVERY_US: libc::c_uint = 1_000;
const ORDERS_BYTES: usize = 40;
/// Where [`Orders::operations`] stands.
const OPERATIONS_AT: off_t = 32;

/// The folder's files by number; their names are never forgotten, there are few.
struct Disk {
    folder: Vec<u8>,
    journal: Option<c_int>,
    orders: Option<c_int>,
    names: Mutex<Vec<Vec<u8>>>,
    /// Held from an operation to its record, so that the journal has the order of the disk.
    record: Mutex<Vec<u8>>,
}

static DISK: OnceLock<Option<Disk>> = OnceLock::new();

/// Handles beyond are nobody's business here: SQLite opens its files early.
const HANDLES: usize = 16_384;
/// Of each handle the number of its file, counted from 1; 0 for what is none of ours.
static FILE_OF: [AtomicU8; HANDLES] = [const { AtomicU8::new(0) }; HANDLES];

fn disk() -> Option<&'static Disk> {
    DISK.get_or_init(|| {
        let folder = std::env::var_os("TASWIQ_DISK_FOLDER")?;
        let append = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND;
        let opened = |variable: &str, flags: c_int| -> Option<c_int> {
            let mut path = std::env::var_os(variable)?.as_bytes().to_vec();
            path.push(0);
            // SAFETY: the path ends with a zero and lives until the call is over.
            let handle = unsafe { open_raw(path.as_ptr().cast(), flags | libc::O_CLOEXEC, 0o600) };
            if handle < 0 {
                give_up("the journal or the orders cannot be opened");
            }
            Some(handle)
        };
        Some(Disk {
            folder: folder.as_bytes().to_vec(),
            journal: opened("TASWIQ_DISK_JOURNAL", append),
            orders: opened("TASWIQ_DISK_ORDERS", libc::O_RDWR),
            names: Mutex::new(Vec::new()),
            record: Mutex::new(Vec::new()),
        })
    })
    .as_ref()
}

/// A test must not go on with half a journal.
fn give_up(why: &str) -> ! {
    let text = ["taswiq-disk: ", why, "\n"].concat();
    // SAFETY: the text lives until the call is over.
    unsafe { libc::syscall(libc::SYS_write, 2, text.as_ptr(), text.len()) };
    std::process::abort()
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    /// The name within the folder, empty for the folder itself.
    fn name_of<'a>(&self, path: &'a [u8]) -> Option<&'a [u8]> {
        match path.strip_prefix(self.folder.as_slice())? {
            [] => Some(&[]),
            [b'/', name @ ..] if !name.contains(&b'/') && name.len() <= 255 => Some(name),
            _ => None,
        }
    }

    /// The number of a file, which is the same whenever it is opened.
    fn number_of(&self, name: &[u8]) -> u8 {
        let mut names = held(&self.names);
        let index = names.iter().position(|known| known == name);
        let index = index.unwrap_or_else(|| {
            names.push(name.to_vec());
            names.len() - 1
        });
        u8::try_from(index + 1).unwrap_or_else(|_| give_up("too many files"))
    }

    /// The name of the file behind a handle, if it is one of ours.
    fn name_behind(&self, handle: c_int) -> Option<Vec<u8>> {
        let file = FILE_OF.get(usize::try_from(handle).ok()?)?;
        let number = usize::from(file.load(Ordering::Acquire)).checked_sub(1)?;
        held(&self.names).get(number).cloned()
    }

    fn append(&self, record: &mut Vec<u8>, what: What, name: &[u8], at: u64, bytes: &[u8]) {
        let Some(journal) = self.journal else { return };
        record.clear();
        record.push(what as u8);
        record.push(name.len() as u8);
        record.extend_from_slice(name);
        record.extend_from_slice(&at.to_le_bytes());
        record.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        record.extend_from_slice(bytes);
        // SAFETY: the record lives until the call is over.
        let done =
            unsafe { libc::syscall(libc::SYS_write, journal, record.as_ptr(), record.len()) };
        if usize::try_from(done) != Ok(record.len()) {
            give_up("the journal cannot be written");
        }
    }

    fn read_orders(&self, from: c_int) -> Orders {
        let mut bytes = [0_u8; ORDERS_BYTES];
        // SAFETY: as many bytes as there is room for.
        let read = unsafe {
            libc::syscall(
                libc::SYS_pread64,
                from,
                bytes.as_mut_ptr(),
                ORDERS_BYTES,
                0_i64,
            )
        };
        if usize::try_from(read) != Ok(ORDERS_BYTES) {
            give_up("the orders cannot be read");
        }
        let mut numbers = bytes.chunks_exact(8).map(|eight| {
            let mut number = [0_u8; 8];
            number.copy_from_slice(eight);
            u64::from_le_bytes(number)
        });
        let mut next = || numbers.next().unwrap_or_default();
        Orders {
            error: next(),
            first: next(),
            count: next(),
            only_main: next(),
            operations: next(),
        }
    }

    /// Waits until nobody is ordered to hang any more.
    fn hang(&self) {
        while self
            .orders
            .is_some_and(|orders| self.read_orders(orders).error == HANG)
        {
            // SAFETY: a number in.
            unsafe { libc::usleep(LOOK_EVERY_US) };
        }
    }

    /// Counts an operation; gives the orders when there are any, and whether it is to fail.
    fn count(&self, name: &[u8]) -> (Option<Orders>, bool) {
        let Some(handle) = self.orders else {
            return (None, false);
        };
        let orders = self.read_orders(handle);
        let is_main = !name.ends_with(b"-wal") && !name.ends_with(b"-shm");
        if orders.only_main != 0 && !is_main {
            return (Some(orders), false);
        }
        let number = orders.operations + 1;
        let bytes = number.to_le_bytes();
        // SAFETY: eight bytes are eight bytes.
        let done = unsafe {
            libc::syscall(
                libc::SYS_pwrite64,
                handle,
                bytes.as_ptr(),
                8_usize,
                OPERATIONS_AT,
            )
        };
        if done != 8 {
            give_up("the orders cannot be written");
        }
        let fails =
            orders.error != 0 && number >= orders.first && number - orders.first < orders.count;
        (Some(orders), fails)
    }

    /// Does an operation on a file of ours, or lets it fail, and notes either.
    fn operate<'a>(
        &self,
        name: &[u8],
        what: What,
        operation: impl FnOnce() -> i64,
        told: impl FnOnce(i64) -> Option<(u64, &'a [u8])>,
    ) -> i64 {
        let mut record = held(&self.record);
        let (orders, mut fails) = self.count(name);
        if orders.is_some_and(|orders| orders.error == HANG) {
            if fails {
                // Others go on meanwhile: this one has not happened yet.
                drop(record);
                self.hang();
                record = held(&self.record);
            }
            fails = false;
        }
        if let Some(orders) = orders.filter(|_| fails) {
            self.append(&mut record, What::Failed, name, orders.error, &[what as u8]);
            if orders.error == KILL {
                // SAFETY: what it touches is gone with the program.
                unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
            }
            fail(orders.error as c_int);
            return -1;
        }
        let done = operation();
        if let Some((at, bytes)) = told(done) {
            self.append(&mut record, what, name, at, bytes);
        }
        done
    }
}

/// Leaves the error where C looks for it.
fn fail(error: c_int) {
    // SAFETY: the place is this thread's own and always there.
    unsafe { *libc::__errno_location() = error };
}

/// # Safety
/// `path` ends with a zero.
unsafe fn open_raw(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller promises.
    let handle = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path, flags, mode) };
    handle as c_int
}

/// # Safety
/// `path` ends with a zero.
unsafe fn open_noted(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller promises; the text is not kept.
    let text = unsafe { CStr::from_ptr(path) }.to_bytes();
    let Some((disk, name)) = disk().and_then(|disk| Some((disk, disk.name_of(text)?))) else {
        // SAFETY: as the caller promises.
        return unsafe { open_raw(path, flags, mode) };
    };
    let mut record = held(&disk.record);
    // SAFETY: as the caller promises.
    let was_there = unsafe { libc::syscall(libc::SYS_faccessat, libc::AT_FDCWD, path, 0) } == 0;
    // SAFETY: as the caller promises.
    let handle = unsafe { open_raw(path, flags, mode) };
    let place = usize::try_from(handle).ok();
    if let Some(file) = place.and_then(|place| FILE_OF.get(place)) {
        file.store(disk.number_of(name), Ordering::Release);
        if !was_there {
            disk.append(&mut record, What::Made, name, 0, &[]);
        }
        if flags & libc::O_TRUNC != 0 {
            disk.append(&mut record, What::Cut, name, 0, &[]);
        }
    } else if handle >= 0 {
        give_up("too many handles");
    }
    handle
}

/// # Safety
/// There are `length` bytes at `bytes`.
unsafe fn write_noted(
    handle: c_int,
    bytes: *const c_void,
    length: size_t,
    at: Option<off_t>,
) -> ssize_t {
    let operation = || match at {
        // SAFETY: as the caller promises.
        Some(at) => unsafe { libc::syscall(libc::SYS_pwrite64, handle, bytes, length, at) },
        // SAFETY: as the caller promises.
        None => unsafe { libc::syscall(libc::SYS_write, handle, bytes, length) },
    };
    let Some((disk, name)) = disk().and_then(|disk| Some((disk, disk.name_behind(handle)?))) else {
        return operation() as ssize_t;
    };
    let done = disk.operate(&name, What::Written, operation, |done| {
        let written = usize::try_from(done).ok()?;
        let from = at.unwrap_or_else(|| {
            // SAFETY: a number in, a number out.
            let now = unsafe { libc::syscall(libc::SYS_lseek, handle, 0_i64, libc::SEEK_CUR) };
            now - done
        });
        // SAFETY: the caller promises `length` bytes, of which so many were written; they are looked at
        // before this function returns.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), written) };
        Some((u64::try_from(from).ok()?, bytes))
    });
    done as ssize_t
}

fn cut_noted(handle: c_int, length: off_t) -> c_int {
    // SAFETY: numbers in, a number out.
    let operation = || unsafe { libc::syscall(libc::SYS_ftruncate, handle, length) };
    let Some((disk, name)) = disk().and_then(|disk| Some((disk, disk.name_behind(handle)?))) else {
        return operation() as c_int;
    };
    let told = |done| (done == 0).then_some((length as u64, &[][..]));
    disk.operate(&name, What::Cut, operation, told) as c_int
}

fn sync_noted(handle: c_int, call: libc::c_long) -> c_int {
    // SAFETY: a number in, a number out.
    let operation = || unsafe { libc::syscall(call, handle) };
    let Some((disk, name)) = disk().and_then(|disk| Some((disk, disk.name_behind(handle)?))) else {
        return operation() as c_int;
    };
    let told = |done| (done == 0).then_some((0, &[][..]));
    disk.operate(&name, What::Synced, operation, told) as c_int
}

/// # Safety
/// `path` ends with a zero.
#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller promises. Where no mode was given, the system looks at none.
    unsafe { open_noted(path, flags, mode) }
}

/// # Safety
/// `path` ends with a zero.
#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { open_noted(path, flags, mode) }
}

#[unsafe(no_mangle)]
extern "C" fn close(handle: c_int) -> c_int {
    // Before the handle can be given to another file.
    if let Some(file) = usize::try_from(handle)
        .ok()
        .and_then(|place| FILE_OF.get(place))
    {
        file.store(0, Ordering::Release);
    }
    // SAFETY: a number in, a number out.
    unsafe { libc::syscall(libc::SYS_close, handle) as c_int }
}

/// # Safety
/// There are `length` bytes at `bytes`.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(handle: c_int, bytes: *const c_void, length: size_t) -> ssize_t {
    // SAFETY: as the caller promises.
    unsafe { write_noted(handle, bytes, length, None) }
}

/// # Safety
/// There are `length` bytes at `bytes`.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(
    handle: c_int,
    bytes: *const c_void,
    length: size_t,
    at: off_t,
) -> ssize_t {
    // SAFETY: as the caller promises.
    unsafe { write_noted(handle, bytes, length, Some(at)) }
}

/// # Safety
/// There are `length` bytes at `bytes`.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(
    handle: c_int,
    bytes: *const c_void,
    length: size_t,
    at: off_t,
) -> ssize_t {
    // SAFETY: as the caller promises.
    unsafe { write_noted(handle, bytes, length, Some(at)) }
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate(handle: c_int, length: off_t) -> c_int {
    cut_noted(handle, length)
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(handle: c_int, length: off_t) -> c_int {
    cut_noted(handle, length)
}

#[unsafe(no_mangle)]
extern "C" fn fsync(handle: c_int) -> c_int {
    sync_noted(handle, libc::SYS_fsync)
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(handle: c_int) -> c_int {
    sync_noted(handle, libc::SYS_fdatasync)
}

/// # Safety
/// `path` ends with a zero.
#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: as the caller promises; the text is not kept.
    let text = unsafe { CStr::from_ptr(path) }.to_bytes();
    // SAFETY: as the caller promises.
    let operation =
        || unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path, 0) as c_int };
    let Some((disk, name)) = disk().and_then(|disk| Some((disk, disk.name_of(text)?))) else {
        return operation();
    };
    let mut record = held(&disk.record);
    let done = operation();
    if done == 0 {
        disk.append(&mut record, What::Removed, name, 0, &[]);
    }
    done
}

/// # Safety
/// Both paths end with a zero.
#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: as the caller promises; the texts are not kept.
    let texts = unsafe { [CStr::from_ptr(from), CStr::from_ptr(to)] }.map(CStr::to_bytes);
    let operation = || {
        let here = libc::AT_FDCWD;
        // SAFETY: as the caller promises.
        unsafe { libc::syscall(libc::SYS_renameat2, here, from, here, to, 0) as c_int }
    };
    let names = disk().map(|disk| (disk, texts.map(|text| disk.name_of(text))));
    match names {
        None | Some((_, [None, None])) => operation(),
        Some((disk, [Some(old), Some(new)])) => {
            let mut record = held(&disk.record);
            let done = operation();
            if done == 0 {
                disk.append(&mut record, What::Renamed, old, 0, new);
            }
            done
        }
        Some(_) => give_up("a file moves into the folder or out of it"),
    }
}
