//! How this server is reached.

use std::net::SocketAddr;

use crate::origin;

/// Told on the command line or in the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How people reach it when that is another address: `https://taswiq.example`.
    pub public_origin: Option<String>,
    /// Whether a proxy of ours stands in front and tells where requests come from.
    pub is_behind_proxy: bool,
    /// Whether the database holds a demo company, whose passwords everybody knows.
    pub is_demo: bool,
    /// Whether a test may move the clock.
    pub test_clock: bool,
}

/// Why a server will not be started like this.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Everybody knows the passwords of the demo accounts.
    #[error(
        "this database holds the demo company, whose passwords everybody knows: it is served on a \
         loopback address only, not on {listen}"
    )]
    DemoInPublic {
        /// The address asked for.
        listen: SocketAddr,
    },
    /// The demo has no business on the internet.
    #[error("this database holds the demo company: it has no public address")]
    DemoWithPublicOrigin,
    /// An origin is a scheme and a host.
    #[error("the public address is written like https://taswiq.example, without a path: {origin}")]
    WrongOrigin {
        /// What was given.
        origin: String,
    },
    /// A clock that anybody may move has no business on the internet either.
    #[error("the test clock is for a loopback address only, not for {listen}")]
    TestClockInPublic {
        /// The address asked for.
        listen: SocketAddr,
    },
}

impl Settings {
    /// Checks that this may be served.
    ///
    /// # Errors
    /// When it would be unsafe or makes no sense.
    pub fn check(&self) -> Result<(), SettingsError> {
        let listen = self.listen;
        if let Some(origin) = &self.public_origin {
            let host = origin
                .strip_prefix("https://")
                .or_else(|| origin.strip_prefix("http://"));
            if host.is_none_or(|host| host.is_empty() || host.contains(['/', ' ', '@', '?', '#'])) {
                return Err(SettingsError::WrongOrigin {
                    origin: origin.clone(),
                });
            }
            if self.is_demo {
                return Err(SettingsError::DemoWithPublicOrigin);
            }
        }
        if self.is_demo && !listen.ip().is_loopback() {
            return Err(SettingsError::DemoInPublic { listen });
        }
        if self.test_clock && !listen.ip().is_loopback() {
            return Err(SettingsError::TestClockInPublic { listen });
        }
        Ok(())
    }

    /// Whether people reach it by https.
    pub fn is_encrypted(&self) -> bool {
        self.public_origin
            .as_ref()
            .is_some_and(|origin| origin.starts_with("https://"))
    }

    /// The address to print and to write in invitations.
    pub fn origin(&self) -> String {
        self.public_origin
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Whether a request for this host is meant for us.
    pub fn takes_host(&self, host: &str) -> bool {
        if self.is_demo || self.test_clock {
            return origin::is_loopback(host);
        }
        match &self.public_origin {
            // The machine itself may always ask, for instance whether the server is well.
            Some(public) => {
                let named = public.split_once("://").map_or("", |(_, host)| host);
                named.eq_ignore_ascii_case(host) || origin::is_loopback(host)
            }
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(listen: &str) -> Settings {
        Settings {
            listen: listen.parse().expect("an address"),
            public_origin: None,
            is_behind_proxy: false,
            is_demo: false,
            test_clock: false,
        }
    }

    #[test]
    fn the_demo_company_is_served_on_loopback_only() {
        let demo = |listen| Settings {
            is_demo: true,
            ..settings(listen)
        };
        assert_eq!(demo("127.0.0.1:3000").check(), Ok(()));
        assert_eq!(demo("[::1]:3000").check(), Ok(()));
        for public in ["0.0.0.0:3000", "192.168.1.4:3000", "[::]:3000"] {
            assert!(demo(public).check().is_err(), "{public}");
        }
        let proxied = Settings {
            public_origin: Some("https://taswiq.example".to_owned()),
            ..demo("127.0.0.1:3000")
        };
        assert_eq!(proxied.check(), Err(SettingsError::DemoWithPublicOrigin));
    }

    #[test]
    fn the_demo_company_answers_to_the_machines_own_names_only() {
        let demo = Settings {
            is_demo: true,
            ..settings("127.0.0.1:3000")
        };
        assert!(demo.takes_host("localhost:3000"));
        assert!(!demo.takes_host("evil.example:3000"));
        assert!(settings("0.0.0.0:3000").takes_host("office.lan:3000"));
    }

    #[test]
    fn a_public_address_is_an_origin() {
        for wrong in [
            "taswiq.example",
            "https://",
            "https://a/b",
            "ftp://a",
            "https://a@b",
        ] {
            let settings = Settings {
                public_origin: Some(wrong.to_owned()),
                ..settings("127.0.0.1:3000")
            };
            assert!(settings.check().is_err(), "{wrong}");
        }
    }
}
