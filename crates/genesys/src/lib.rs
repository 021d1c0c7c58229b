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

mod absence;
mod access;
mod address;
mod administration;
mod bare_path;
mod caller;
mod client;
mod client_write;
mod clock;
mod external_id;
mod gateway;
mod grant;
mod group;
mod group_filter;
mod group_life;
mod group_patch;
mod group_write;
mod identifier;
mod limit;
mod organisation;
mod page_cost;
mod parameters;
mod permission;
mod phone;
mod platform;
mod profile;
mod record;
mod record_search;
mod reference;
mod refusal;
mod role;
mod schema;
mod scim_store;
mod serve;
mod settings;
mod skill;
mod subject;
mod term;
mod token;
mod trail;
mod user;
mod user_change;
mod user_filter;
mod user_restore;
mod user_row;
mod user_write;
mod users;
mod writer;

pub use access::Token;
pub use administration::AdministrationError;
pub use client::{
    Client, ClientSpecification, ClientState, NewClient, TOKEN_SECONDS_DEFAULT, TOKEN_SECONDS_MAX,
    TOKEN_SECONDS_MIN, TOKEN_SECONDS_ORDINARY_MAX,
};
pub use clock::Clock;
pub use external_id::ExternalId;
pub use grant::{ALL_DIVISIONS, Grant};
pub use group::{Group, GroupPage, Member};
pub use group_filter::GroupSearch;
pub use organisation::{FILE_NAME, Organisation};
pub use permission::SCIM_ROLE;
pub use phone::PhoneType;
pub use profile::Profile;
pub use record::{Action, COMMAND_LINE, Change, Record};
pub use record_search::{RecordPage, RecordSearch};
pub use role::Role;
pub use serve::{Listen, Options, ServeError, serve};
pub use settings::{
    Absent, BarePath, Counted, CreateStatus, DeleteStatus, Duplicate, Endpoint, GrantDivision,
    LargePages, Named, Owner, RATE_LIMIT_PER_MINUTE, Seconds, Setting, SettingError, Settings,
    Suffix,
};
pub use skill::Skill;
pub use term::{ADMIN_ROLE, DEFAULT_ROLE, HOME_DIVISION, Term, TermKind};
pub use user::{State, User};
pub use user_filter::Search;
pub use users::UserPage;
