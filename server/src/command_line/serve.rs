//! `taswiq serve`.

use std::sync::Arc;
use std::time::Duration;

use taswiq_backend::clock::{Clock, ShiftedClock, SystemClock};
use taswiq_backend::people::LinkPurpose;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{CommandError, Serve, say};
use crate::entrance::link_path;
use crate::settings::Settings;
use crate::site::Site;
use crate::{Server, listen, routes};

/// The database may take this long to close.
const CLOSING: Duration = Duration::from_secs(5);

/// Serves until it is told to stop.
///
/// # Errors
/// When it cannot begin.
pub async fn serve(arguments: Serve) -> Result<(), CommandError> {
    write_log(arguments.log_json);
    #[cfg(any(debug_assertions, feature = "test-clock"))]
    let test_clock = arguments
        .test_clock
        .then(|| Arc::new(ShiftedClock::default()));
    #[cfg(not(any(debug_assertions, feature = "test-clock")))]
    let test_clock: Option<Arc<ShiftedClock>> = None;
    let clock: Arc<dyn Clock> = match &test_clock {
        Some(clock) => clock.clone(),
        None => Arc::new(SystemClock),
    };
    let site = Site::open(&arguments.site)?;
    let office = super::accounts::open(&arguments.database, clock.clone()).await?;
    let settings = Settings {
        listen: arguments.listen,
        public_origin: arguments.public_origin,
        is_behind_proxy: arguments.behind_proxy,
        is_demo: office.is_demo().await?,
        test_clock: test_clock.is_some(),
    };
    settings.check()?;
    let listener =
        TcpListener::bind(settings.listen)
            .await
            .map_err(|source| CommandError::Listen {
                listen: settings.listen,
                source,
            })?;
    // With port 0 the system has chosen one: the one to print and to compare with.
    let settings = Settings {
        listen: listener.local_addr()?,
        ..settings
    };
    let (stop_sender, stop) = watch::channel(false);
    let server = Arc::new(Server::new(
        office,
        site,
        settings,
        clock,
        test_clock,
        stop.clone(),
    ));
    greet(&server).await?;
    let background = {
        let (office, mut stop) = (server.office.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = office.run_background() => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        })
    };
    tokio::spawn(async move {
        asked_to_stop().await;
        let _ = stop_sender.send(true);
    });
    listen::serve(listener, routes::router(server.clone()), stop).await;
    let _ = background.await;
    // What was answered is durable already: nothing is lost by not waiting for ever.
    if tokio::time::timeout(CLOSING, server.office.close())
        .await
        .is_err()
    {
        tracing::warn!("the database was not closed in time");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Tells the person at the console where to go, and who may.
async fn greet(server: &Server) -> Result<(), CommandError> {
    let origin = server.settings.origin();
    say(&format!("Taswiq is at {origin}"))?;
    if server.settings.is_demo {
        say("This is the demo company. Anybody on this machine may sign in as:")?;
        for account in taswiq_backend::demo::accounts() {
            let (role, name) = (account.role.as_str(), account.name);
            say(&format!(
                "  {:<18} {:<14} {role:<14} {name}",
                account.login, account.password
            ))?;
        }
    }
    if let Some(token) = server.office.set_up_token().await? {
        say(
            "This server has no administrator yet. Open this address within a day to become the first:",
        )?;
        say(&format!(
            "  {origin}{}",
            link_path(LinkPurpose::SetUp, &token)
        ))?;
    }
    let is_open = !server.settings.listen.ip().is_loopback() && !server.settings.is_encrypted();
    if is_open {
        say(
            "Warning: passwords travel unencrypted. Put a proxy with https in front and name it with --public-origin.",
        )?;
    }
    Ok(())
}

fn write_log(json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second log in one process is a test's, and the first is good enough for it.
    let _ = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}

/// Resolves at Ctrl-C or SIGTERM.
pub(super) async fn asked_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                tokio::select! {
                    _ = interrupted => {}
                    _ = terminated.recv() => {}
                }
            }
            Err(_) => {
                let _ = interrupted.await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupted.await;
    }
}
