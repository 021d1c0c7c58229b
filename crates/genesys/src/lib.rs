//! A Genesys-Cloud-compatible organisation: users and groups behind OAuth and SCIM, with
//! the vendor's rules and the vendor's ways of speaking.
//!
//! [`Organisation`] is what an administrator works with; [`serve()`] lets clients in. Both
//! work on the same data folder at the same time. Nothing here knows of provisioning: the
//! organisation has its own file, so that a client cannot look behind the counter.
//!
//! Where the vendor's behaviour is not documented, the choice is explained where it is made.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests read better so")
)]

mod client;
mod clock;
mod external_id;
mod gateway;
mod group;
mod group_patch;
mod group_write;
mod limit;
mod organisation;
mod phone;
mod platform;
mod profile;
mod record;
mod reference;
mod refusal;
mod schema;
mod scim_store;
mod serve;
mod skill;
mod token;
mod user;
mod user_filter;
mod user_write;
mod users;

pub use client::{
    Client, NewClient, TOKEN_SECONDS_DEFAULT, TOKEN_SECONDS_MAX, TOKEN_SECONDS_MIN, Token,
};
pub use clock::Clock;
pub use external_id::ExternalId;
pub use group::{Group, GroupPage, GroupSearch, Member};
pub use organisation::{
    ADMIN_ROLE, AdministrationError, DEFAULT_ROLE, FILE_NAME, HOME_DIVISION, Organisation, Term,
    TermKind,
};
pub use phone::PhoneType;
pub use profile::Profile;
pub use record::Record;
pub use serve::{Listen, Options, RATE_LIMIT_PER_MINUTE, ServeError, serve};
pub use skill::Skill;
pub use user::{State, User};
pub use user_filter::Search;
pub use users::UserPage;
