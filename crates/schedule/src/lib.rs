//! When something is due: cron's expressions in a time zone.
//!
//! A [`Schedule`] is read from five fields (`minute hour day month weekday`) or from a word such as `@daily`, as
//! crontab(5) of Debian's cron has them. [`Schedule::next`] is a function of a time and a zone: no clock is read here.
//!
//! - **Days.** A day is due when its day of the month and its weekday both fit, if one of the two fields begins with
//!   `*`; when neither does, one of them is enough. So `0 0 */2 * mon` is due on odd days that are Mondays.
//! - **Summer time.** What is bound to hours and minutes is due once, whatever the clock does: a time that is skipped is
//!   due when the skipping is over, a time that comes twice is due the first time. What has a `*` in its hours or minutes
//!   follows the clock as it is: nothing in a skipped hour, all of it again in a repeated one.

mod expression;
mod field;
mod next;
mod zone;

pub use expression::{Schedule, ScheduleError};
pub use field::{Field, FieldFault};
pub use zone::{UnknownZone, Zone};
