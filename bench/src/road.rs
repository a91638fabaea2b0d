//! A road between a phone and a server: long, narrow, and losing some of what goes over it.
//!
//! It stands in for a network by what TCP would make of one. What is sent travels in packets of
//! [`SEGMENT_BYTES`] with [`HEAD_BYTES`] around each. They leave one after the other, as fast as the road is
//! wide and no more at once than the sender's window lets out: ten at first, one more for each that is
//! acknowledged, half as many after a loss. Each takes half a round trip. One that is lost is sent again when
//! the sender has waited for its acknowledgement in vain, two round trips at first and twice as long each time
//! after; all that follow wait for it, as the receiver reads in order. A new connection costs a round trip
//! before the first byte, and a second more each time its greeting is lost.
//!
//! What is left out: a long transfer hears of a loss sooner, by what arrives after it, so it is made slower
//! here than it is; lost acknowledgements cost nothing, for the next ones say the same; and there is no TLS,
//! which takes another round trip of a new connection.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

const SEGMENT_BYTES: usize = 1_448;
/// Of Ethernet or a radio, of IP and of TCP.
const HEAD_BYTES: usize = 66;
/// Packets under way at first.
const WINDOW: usize = 10;
/// And at least.
const WINDOW_MIN: usize = 2;
/// How long nobody answers a greeting before it is sent again.
const GREETING_AGAIN: Duration = Duration::from_secs(1);

/// What a road is like.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub round_trip: Duration,
    /// Each way; as wide as can be when nothing is said.
    pub bits_a_second: Option<f64>,
    /// Of a million packets.
    pub lost_ppm: u64,
}

impl Way {
    /// Far from the server, and otherwise good.
    pub const FAR: Self = Self {
        round_trip: Duration::from_millis(300),
        bits_a_second: None,
        lost_ppm: 0,
    };
    /// And narrow.
    pub const NARROW: Self = Self {
        bits_a_second: Some(1_000_000.0),
        ..Self::FAR
    };
    /// And losing one packet in ten.
    pub const LOSING: Self = Self {
        lost_ppm: 100_000,
        ..Self::NARROW
    };
}

/// Chance that comes again: the same from the same seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub const fn below(&mut self, end: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Opens a road to a server, until the program ends: where it begins.
///
/// # Errors
/// When no address is free.
pub async fn open(server: SocketAddr, way: Way, seed: u64) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let mut dice = Dice::new(seed);
        while let Ok((phone, _)) = listener.accept().await {
            let seed = dice.below(u64::MAX);
            tokio::spawn(async move {
                // Either end may go at any time; the other sees it.
                if let Err(error) = carry(phone, server, way, seed).await {
                    eprintln!("a road broke: {error:#}");
                }
            });
        }
    });
    Ok(address)
}

async fn carry(phone: TcpStream, server: SocketAddr, way: Way, seed: u64) -> Result<()> {
    phone.set_nodelay(true)?;
    let server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let mut dice = Dice::new(seed);
    let opened = Instant::now() + greeting(way, &mut dice);
    let (from_phone, to_phone) = phone.into_split();
    let (from_server, to_server) = server.into_split();
    let up = Lane::new(way, Dice::new(dice.below(u64::MAX)), opened);
    let down = Lane::new(way, Dice::new(dice.below(u64::MAX)), opened);
    tokio::try_join!(
        drive(from_phone, to_server, up),
        drive(from_server, to_phone, down)
    )?;
    Ok(())
}

/// How long it takes until both ends know of each other.
fn greeting(way: Way, dice: &mut Dice) -> Duration {
    let (mut took, mut again) = (way.round_trip, GREETING_AGAIN);
    while dice.below(1_000_000) < way.lost_ppm {
        took += again;
        again *= 2;
    }
    took
}

/// Takes in what one end sends and hands it to the other when it has arrived.
async fn drive(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut lane: Lane,
) -> std::io::Result<()> {
    let (on_the_way, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let sending = async move {
        let mut buffer = vec![0; 64 * 1_024];
        loop {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            for segment in buffer[..count].chunks(SEGMENT_BYTES) {
                let arrives = lane.arrival(Instant::now(), segment.len());
                if on_the_way.send((arrives, segment.to_vec())).is_err() {
                    return Ok(());
                }
            }
        }
    };
    let receiving = async move {
        while let Some((arrives, segment)) = arriving.recv().await {
            sleep_until(arrives).await;
            to.write_all(&segment).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(sending, receiving).map(|_| ())
}

/// One direction of a connection.
struct Lane {
    way: Way,
    dice: Dice,
    /// When the next packet may leave.
    free_at: Instant,
    /// When the last one is read.
    read_at: Instant,
    /// When those under way are acknowledged.
    acknowledged_at: VecDeque<Instant>,
    window: usize,
}

impl Lane {
    const fn new(way: Way, dice: Dice, opened: Instant) -> Self {
        Self {
            way,
            dice,
            free_at: opened,
            read_at: opened,
            acknowledged_at: VecDeque::new(),
            window: WINDOW,
        }
    }

    /// When a packet that is given to the sender now can be read.
    fn arrival(&mut self, now: Instant, bytes: usize) -> Instant {
        let mut leaves = now.max(self.free_at);
        while let Some(acknowledged_at) = self.acknowledged_at.front().copied() {
            if acknowledged_at > leaves && self.acknowledged_at.len() < self.window {
                break;
            }
            leaves = leaves.max(acknowledged_at);
            self.acknowledged_at.pop_front();
            self.window += 1;
        }
        let takes = self.way.bits_a_second.map_or(Duration::ZERO, |bits| {
            Duration::from_secs_f64(((bytes + HEAD_BYTES) * 8) as f64 / bits)
        });
        self.free_at = leaves + takes;
        let mut arrives = self.free_at + self.way.round_trip / 2;
        let mut again = self.way.round_trip * 2;
        while self.dice.below(1_000_000) < self.way.lost_ppm {
            arrives += again;
            again *= 2;
            self.window = (self.window / 2).max(WINDOW_MIN);
        }
        self.read_at = self.read_at.max(arrives);
        self.acknowledged_at
            .push_back(self.read_at + self.way.round_trip / 2);
        self.read_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds until each of so many full packets, given at once, can be read.
    fn arrivals_ms(way: Way, packets: usize, seed: u64) -> Vec<u128> {
        let began = Instant::now();
        let mut lane = Lane::new(way, Dice::new(seed), began);
        (0..packets)
            .map(|_| lane.arrival(began, SEGMENT_BYTES))
            .map(|arrives| (arrives - began).as_millis())
            .collect()
    }

    #[test]
    fn a_few_packets_take_half_a_round_trip_and_many_wait_for_those_before_them() {
        let far = arrivals_ms(Way::FAR, 40, 1);
        assert_eq!(far[0], 150);
        assert_eq!(far[9], 150, "ten leave at once");
        // The others when the first are acknowledged, twice as many.
        assert_eq!((far[10], far[29]), (450, 450));
        assert_eq!(far[30], 750);
    }

    #[test]
    fn a_narrow_road_carries_what_it_is_wide() {
        let narrow = arrivals_ms(Way::NARROW, 800, 1);
        // A full packet takes 12 ms: some hundred kilobytes a second, once the window is open.
        let (begins, ends) = (narrow[400], narrow[799]);
        assert!(
            (4_800..4_900).contains(&(ends - begins)),
            "{}",
            ends - begins
        );
    }

    #[test]
    fn what_is_lost_comes_two_round_trips_later_and_holds_up_what_follows() {
        let always = Way {
            lost_ppm: 100_000,
            ..Way::FAR
        };
        let singles: Vec<u128> = (0..1_000)
            .map(|seed| arrivals_ms(always, 1, seed)[0])
            .collect();
        let lost = |ms: u128| singles.iter().filter(|single| **single == ms).count();
        assert!((850..950).contains(&lost(150)), "{}", lost(150));
        assert!((50..150).contains(&lost(750)), "{}", lost(750));
        assert!(arrivals_ms(always, 100, 3).is_sorted());
    }

    #[tokio::test]
    async fn what_goes_over_a_road_comes_out_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let server = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut phone, _) = listener.accept().await.expect("a phone");
            let mut heard = vec![0; 200_000];
            phone.read_exact(&mut heard).await.expect("all of it");
            phone.write_all(&heard).await.expect("said again");
        });
        let quick = Way {
            round_trip: Duration::from_millis(2),
            bits_a_second: None,
            lost_ppm: 20_000,
        };
        let address = open(server, quick, 7).await.expect("a road");
        let mut phone = TcpStream::connect(address).await.expect("connected");
        let said: Vec<u8> = (0..200_000_u32).map(|byte| byte as u8).collect();
        let mut heard = vec![0; said.len()];
        let (mut reading, mut writing) = phone.split();
        let (wrote, read) = tokio::join!(writing.write_all(&said), reading.read_exact(&mut heard));
        wrote.expect("sent");
        read.expect("all of it");
        assert!(heard == said);
    }
}
