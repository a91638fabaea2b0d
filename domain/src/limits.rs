//! Every limit of the product, each with its reason.
//!
//! Together they keep all arithmetic far from overflow: the dearest possible order is
//! 200 lines × 10,000 units × 100,000.00 DH = 2 × 10¹³ centimes, well inside 2⁵³, so figures stay
//! exact in SQLite, in PostgreSQL and in the browser's numbers.

/// Lines of one order. A basket longer than this is a lorry, not a door.
pub const LINES_PER_ORDER: usize = 200;
/// Units of one line.
pub const UNITS_PER_LINE: u32 = 10_000;
/// The dearest unit price, in centimes: 100,000.00 DH, above the finest rug.
pub const UNIT_PRICE_CENTIMES: i64 = 10_000_000;
/// The turnover of one agent in one month, and whatever a plan compares with it, in centimes: what
/// fifty of the dearest possible orders come to. Squared with a rate it still fits 128 bits easily.
pub const PERIOD_TURNOVER_CENTIMES: i64 = 1_000_000_000_000_000;
/// The highest cap of a commission rule, in centimes: ten million dirhams, above what anybody earns
/// in a month. No cap at all says the same.
pub const CAP_CENTIMES: i64 = 1_000_000_000;
/// People who share what one agent's sales earn: a pair, a family, a small team.
pub const SHARES: usize = 10;
/// Months that are simulated at once: a year.
pub const SIMULATED_MONTHS: i32 = 12;
/// Events of a scenario that is played for one of many who use a server: some seasons of some agents,
/// and a fraction of a second.
pub const SCENARIO_EVENTS: usize = 5_000;
/// Statements of such a scenario: a year of four hundred agents.
pub const SCENARIO_STATEMENTS: usize = 5_000;
/// One advance, in centimes: 100,000 DH, far above what anybody earns in a month.
pub const ADVANCE_CENTIMES: i64 = 10_000_000;
/// One part in a million is the unit of a rate; a rate above the whole makes no sense.
pub const RATE_PPM: u32 = 1_000_000;
/// A name or a place, in characters: long enough for a full Arabic name with lineage.
pub const NAME_CHARACTERS: usize = 120;
/// A note or an address, in characters.
pub const NOTE_CHARACTERS: usize = 500;
/// A handwritten signature as delta-encoded strokes, in bytes.
pub const SIGNATURE_BYTES: usize = 6_000;
/// Commands in one sync batch: small enough that a bar moves on a slow network.
pub const COMMANDS_PER_BATCH: usize = 100;
/// How long a phone is kept waiting for what it handed over to be durable, in milliseconds: a disk that is well
/// takes a hundredth of it, and whoever is told to come again finds it done.
pub const SYNC_DECIDED_WITHIN_MS: u64 = 2_000;
/// One sync request before compression, in bytes: what a weak 3G uploads in a few seconds.
pub const SYNC_REQUEST_BYTES: usize = 256 * 1024;
/// Requests in one hand-over file: eight hundred acts, weeks at doors without a network. What is more goes
/// into the next file.
pub const HAND_OVER_REQUESTS: usize = 8;
/// A hand-over file, in bytes: its requests where nothing could be compressed, and what is around them.
pub const HAND_OVER_FILE_BYTES: usize = HAND_OVER_REQUESTS * SYNC_REQUEST_BYTES + 1_024;
/// A hand-over file as text, with whatever else is in the message that carried it.
pub const HAND_OVER_TEXT_BYTES: usize = 2 * HAND_OVER_FILE_BYTES;
/// So many other ids an order may have: one of the lost phone, and of each time its receipt was read off.
pub const OTHER_IDS: usize = 8;
/// So many codes of orders are remembered of a store that a browser may throw away: more than a week at doors
/// without a network.
pub const TRACED_ORDERS: usize = 200;
/// What one sync answer weighs at most, in customers: some half megabyte of them, which a weak 3G brings,
/// compressed, in about a second, and a slow phone stores in one. A change that is larger weighs more.
pub const CHANGES_PER_ANSWER: usize = 2_000;
/// What a phone asks for at least, however bad its way: few enough for a breath of network.
pub const CHANGES_PER_ANSWER_MIN: usize = 64;
/// A promised delivery date may lie this many days ahead of the order at most. Deferred payment
/// beyond three months is consumer credit (law 31-08, articles 74 and 75), which we do not give.
pub const PROMISE_DAYS: i32 = 90;
/// A superseded price list or plan is honoured for orders received this many days after it was
/// superseded; later a person decides. A phone may well stay offline for a fortnight.
pub const SUPERSEDED_HONOURED_DAYS: i64 = 14;

/// Days before its arrival that a device may date something for the month in which it counts: as long as
/// what it knows is honoured.
pub const DATED_BY_DEVICE_DAYS: i64 = SUPERSEDED_HONOURED_DAYS;
/// Of what an agent owes from before, a month takes back this part at most of what remains of its pay
/// after tax: 30 %.
pub const RECOVERED_PPM_MAX: u32 = 300_000;
/// Commission on goods that were never paid for is written off this many days after their delivery.
pub const WRITE_OFF_DAYS: i64 = 90;
/// The office is told of a write-off this many days ahead: time for two visits to the customer.
pub const WRITE_OFF_ANNOUNCED_DAYS: i64 = 14;
/// A device keeps acknowledged commands this many days, so that a server restored from an older
/// copy can be told again.
pub const ACKNOWLEDGED_KEPT_DAYS: i64 = 30;
/// A phone's clock further off than this is flagged to its owner.
pub const CLOCK_SKEW_FLAGGED_MS: i64 = 5 * 60 * 1000;
/// A cooperative that does not answer is reminded, then its manager told, then the sub-order expires.
pub const CONFIRM_REMINDER_HOURS: i64 = 24;
/// See [`CONFIRM_REMINDER_HOURS`].
pub const CONFIRM_ESCALATION_HOURS: i64 = 48;
/// See [`CONFIRM_REMINDER_HOURS`].
pub const CONFIRM_EXPIRY_HOURS: i64 = 72;
/// A dispute is answered within this many days; after them the agent may have somebody else decide.
pub const DISPUTE_ANSWER_DAYS: i64 = 10;
/// A decision may be escalated for this many days: an agent may be away from the network for long.
pub const DISPUTE_ESCALATION_DAYS: i64 = 30;
/// What one dispute may claim at most, in centimes: 100,000.00 DH, more than any month's pay. What is
/// claimed is set aside at once, so a slip of the thumb must not freeze the programme's money.
pub const DISPUTED_CENTIMES: i64 = 10_000_000;
/// A photo, in bytes: what a weak 3G sends in some ten seconds, and in its text form still a part of one
/// sync request.
pub const PHOTO_BYTES: usize = 150 * 1024;
/// A side of a photo, in pixels.
pub const PHOTO_SIDE_PIXELS: u16 = 4_096;
/// Digits of a PIN at least: what a thumb types at every door.
pub const PIN_DIGITS_MIN: usize = 4;
/// Digits of a PIN at most: longer ones are written on the back of the phone.
pub const PIN_DIGITS_MAX: usize = 8;
/// So often a PIN may be wrong before it has to be waited for: thumbs slip, and guesses are few.
pub const PIN_FREE_TRIES: u32 = 5;
/// How long to wait after each wrong PIN from the last free one on, in milliseconds; the last for every
/// one that follows. Ten thousand PINs take longer than a year so, and an agent who remembers loses a
/// minute.
pub const PIN_WAITS_MS: [i64; 5] = [30_000, 60_000, 300_000, 900_000, 3_600_000];
/// Rounds by which a PIN is stretched: some half a second on a slow phone, felt once by who knows it, and
/// ten thousand times by who does not.
pub const PIN_STRETCH_ROUNDS: u32 = 600_000;
/// A phone whose app was out of sight so long asks for its PIN again, in milliseconds: longer than a look
/// at a message or a call, shorter than a phone lies forgotten at a door.
pub const LOCK_AFTER_HIDDEN_MS: i64 = 5 * 60 * 1000;
