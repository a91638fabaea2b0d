//! Fault 19: the road between the phones and the program breaks off anywhere, in a request or in an answer, and
//! what gets through comes in drops.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fastrand::Rng;

use crate::company;
use crate::killed::check_all_is_done_once;
use crate::phone::Pair;
use crate::program::{Program, Setting};
use crate::{Folder, is_long, runtime, seed};

/// Exchanges that each pair of phones tries on the bad road.
const TRIES: usize = 40;
const TRIES_LONG: usize = 2_000;
/// A way breaks off after so many bytes at most: a few exchanges.
const BYTES_MAX: usize = 24_000;
/// So many bytes at most arrive together.
const DROP_BYTES_MAX: usize = 600;

/// A road to a server on which every connection breaks off sooner or later.
struct BadRoad {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    to: SocketAddr,
    is_over: AtomicBool,
    random: Mutex<Rng>,
    /// Connections that broke off in what the phone said.
    broken_requests: AtomicUsize,
    /// And in what the program answered.
    broken_answers: AtomicUsize,
}

impl BadRoad {
    fn to(to: SocketAddr, random: Rng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            to,
            is_over: AtomicBool::new(false),
            random: Mutex::new(random),
            broken_requests: AtomicUsize::new(0),
            broken_answers: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for phone in listener.incoming().map_while(Result::ok) {
                if shared.is_over.load(Ordering::SeqCst) {
                    return;
                }
                // Whoever cannot be carried finds the connection closed.
                let _ = shared.carry(&phone);
            }
        });
        Self { address, state }
    }
}

impl State {
    fn carry(self: &Arc<Self>, phone: &TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(self.to)?;
        let (breaks_request, bytes) = {
            let mut random = self.random.lock().expect("whole");
            (random.bool(), random.usize(0..BYTES_MAX))
        };
        let (request_max, answer_max) = if breaks_request {
            (bytes, usize::MAX)
        } else {
            (usize::MAX, bytes)
        };
        for (from, to, bytes_max, broken) in [
            (phone, &server, request_max, |state: &Self| {
                &state.broken_requests
            }),
            (&server, phone, answer_max, |state: &Self| {
                &state.broken_answers
            }),
        ] as [(_, _, _, fn(&Self) -> &AtomicUsize); 2]
        {
            let (from, to, state) = (from.try_clone()?, to.try_clone()?, Arc::clone(self));
            std::thread::spawn(move || {
                if state.flow(&from, &to, bytes_max).is_ok_and(|broke| broke) {
                    broken(&state).fetch_add(1, Ordering::Relaxed);
                }
                // Both ends are gone then; one of them may have been before.
                let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
            });
        }
        Ok(())
    }

    /// Lets so many bytes pass, in drops. Whether it broke off in the middle.
    fn flow(&self, mut from: &TcpStream, mut to: &TcpStream, bytes_max: usize) -> io::Result<bool> {
        to.set_nodelay(true)?;
        let mut left = bytes_max;
        let mut drop = [0; DROP_BYTES_MAX];
        while left > 0 {
            let size = self.random.lock().expect("whole").usize(1..=DROP_BYTES_MAX);
            let size = size.min(left);
            let read = from.read(&mut drop[..size])?;
            if read == 0 {
                return Ok(false);
            }
            to.write_all(&drop[..read])?;
            left -= read;
        }
        Ok(true)
    }
}

impl Drop for BadRoad {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for somebody to come.
        let _ = TcpStream::connect(self.address);
    }
}

#[test]
fn fault_19_a_road_that_breaks_off_anywhere_loses_and_doubles_nothing() {
    let folder = Folder::new();
    let database = folder.path().join("office.sqlite").display().to_string();
    let company = runtime().block_on(company::found(&database));
    let setting = Setting::new(&database, folder.path());
    let program = Program::start(&setting);
    let road = BadRoad::to(program.address, Rng::with_seed(seed()));
    let mut phones = Pair::all(&company);
    let tries = if is_long() { TRIES_LONG } else { TRIES };
    std::thread::scope(|scope| {
        for pair in &mut phones {
            scope.spawn(|| {
                for _ in 0..tries {
                    pair.work(&company, 1);
                    // What is not decided is tried again in the next round, and in the end on a good road.
                    pair.sync(road.address);
                }
            });
        }
    });
    let broken = [&road.state.broken_requests, &road.state.broken_answers];
    let broken = broken.map(|count| count.load(Ordering::Relaxed));
    assert!(broken.iter().all(|count| *count > 0), "{broken:?}");
    check_all_is_done_once(&mut phones, program, &database);
    eprintln!("{} requests and {} answers broke off", broken[0], broken[1]);
}
