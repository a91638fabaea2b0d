//! A database of a test's own on the PostgreSQL that `cargo xtask test` starts, and a way to it that can be
//! cut.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::{Connection, Executor, PgConnection};

use crate::runtime;

/// A database of one's own on the tests' PostgreSQL, gone in the end.
pub struct OnPostgres {
    admin: String,
    name: String,
}

impl OnPostgres {
    /// Nothing when there is no PostgreSQL.
    pub fn new() -> Option<Self> {
        let Ok(admin) = std::env::var("TASWIQ_TEST_POSTGRES_URL") else {
            eprintln!("not tried on PostgreSQL: TASWIQ_TEST_POSTGRES_URL is not set");
            return None;
        };
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("taswiq_faults_{}_{number}", std::process::id());
        let postgres = Self { admin, name };
        postgres.run(&format!("CREATE DATABASE {}", postgres.name));
        Some(postgres)
    }

    pub fn url(&self) -> String {
        let (server, _) = self.admin.rsplit_once('/').expect("an address");
        format!("{server}/{}", self.name)
    }

    /// Where its server listens.
    pub fn server(&self) -> SocketAddr {
        let (_, rest) = self.admin.rsplit_once('@').expect("an address");
        let (server, _) = rest.split_once('/').expect("an address");
        server.parse().expect("an address of this machine")
    }

    /// The same, reached by another way.
    pub fn url_by(&self, way: SocketAddr) -> String {
        self.url()
            .replacen(&self.server().to_string(), &way.to_string(), 1)
    }

    fn run(&self, statement: &str) {
        runtime().block_on(async {
            let mut admin = PgConnection::connect(&self.admin).await.expect("connects");
            let statement = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()));
            admin.execute(statement).await.expect("done");
            admin.close().await.expect("closes");
        });
    }
}

impl Drop for OnPostgres {
    fn drop(&mut self) {
        self.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// A way to a server: while it is cut, the server is not there.
pub struct Way {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    to: SocketAddr,
    is_open: AtomicBool,
    is_over: AtomicBool,
    /// Both ends of every connection.
    streams: Mutex<Vec<TcpStream>>,
}

impl Way {
    pub fn to(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            to,
            is_open: AtomicBool::new(true),
            is_over: AtomicBool::new(false),
            streams: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.is_over.load(Ordering::SeqCst) {
                    return;
                }
                // Who cannot be carried finds the connection closed.
                let _ = shared.carry(stream);
            }
        });
        Self { address, state }
    }

    /// Every connection breaks, and no other comes about until it is [`Way::mend`]ed.
    pub fn cut(&self) {
        let mut streams = self.state.streams.lock().expect("whole");
        self.state.is_open.store(false, Ordering::SeqCst);
        for stream in streams.drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn mend(&self) {
        self.state.is_open.store(true, Ordering::SeqCst);
    }
}

impl State {
    fn carry(&self, near: TcpStream) -> io::Result<()> {
        let mut streams = self.streams.lock().expect("whole");
        if !self.is_open.load(Ordering::SeqCst) {
            return Ok(());
        }
        let far = TcpStream::connect(self.to)?;
        for (from, to) in [(&near, &far), (&far, &near)] {
            let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
            std::thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
        streams.extend([near, far]);
        Ok(())
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the thread that waits for somebody to come.
        let _ = TcpStream::connect(self.address);
    }
}
