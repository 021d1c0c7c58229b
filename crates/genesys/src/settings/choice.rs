//! The kinds of values that settings have, each with its words.

/// A value of a setting.
pub(super) trait Choice: Sized {
    /// What can be chosen, for a sentence.
    const CHOICES: &'static str;

    /// Reads the word; `None` if it is none.
    fn read(word: &str) -> Option<Self>;

    /// The word.
    fn text(&self) -> String;
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $choices:literal, $($(#[$variant_doc:meta])* $variant:ident $word:literal),*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl Choice for $name {
            const CHOICES: &'static str = $choices;

            fn read(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn text(&self) -> String {
                match self {
                    $(Self::$variant => $word.to_owned(),)*
                }
            }
        }
    };
}

words! {
    /// Whose requests are counted together.
    Counted, "client or token",
    /// An OAuth client's.
    Client "client",
    /// A token's.
    Token "token"
}

words! {
    /// To whom an identifier belongs.
    Owner, "client or organisation",
    /// To the OAuth client that set it.
    Client "client",
    /// To all clients of the organisation.
    Organisation "organisation"
}

words! {
    /// What follows the vendor's prefix in the authority of an externalId.
    Suffix, "client, opaque or none",
    /// The client's id.
    Client "client",
    /// What only the service understands.
    Opaque "opaque",
    /// Nothing.
    None "none"
}

words! {
    /// The status of a creation.
    CreateStatus, "201 or 200",
    /// 201.
    Created "201",
    /// 200.
    Ok "200"
}

words! {
    /// The status of a deletion.
    DeleteStatus, "204 or 200",
    /// 204, without a body.
    NoContent "204",
    /// 200, with an empty object.
    Ok "200"
}

words! {
    /// What becomes of pages that are expensive to make.
    LargePages, "limited, refused, cut or served",
    /// 429 if the page would hold more than 25 resources.
    Limited "limited",
    /// 429 if the count is above 25.
    Refused "refused",
    /// They have 25 resources if the client did not say what it wants to see.
    Cut "cut",
    /// They are served.
    Served "served"
}

words! {
    /// Whether an endpoint does what it was asked.
    Endpoint, "refused, missing or allowed",
    /// 405.
    Refused "refused",
    /// 404.
    Missing "missing",
    /// It does.
    Allowed "allowed"
}

words! {
    /// Whether two users may have one identifier.
    Duplicate, "refused or allowed",
    /// 409.
    Refused "refused",
    /// Both have it.
    Allowed "allowed"
}

words! {
    /// What becomes of a value that cannot be kept.
    Named, "refused or ignored",
    /// 400.
    Refused "refused",
    /// It is left out.
    Ignored "ignored"
}

words! {
    /// What becomes of a path that names an attribute of an extension without its URN.
    BarePath, "refused, ignored or taken",
    /// 400.
    Refused "refused",
    /// It is left out.
    Ignored "ignored",
    /// It is done.
    Taken "taken"
}

words! {
    /// What becomes of an attribute that is not there or empty.
    Absent, "cleared or kept",
    /// It loses its value.
    Cleared "cleared",
    /// It keeps its value.
    Kept "kept"
}

words! {
    /// The division of a grant.
    GrantDivision, "home, user or all",
    /// The home division.
    Home "home",
    /// The user's own.
    User "user",
    /// All divisions.
    All "all"
}

/// A number of seconds; 0 is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub u32);

impl Choice for Seconds {
    const CHOICES: &'static str = "a number of seconds, 0 for none";

    fn read(word: &str) -> Option<Self> {
        word.parse().ok().map(Self)
    }

    fn text(&self) -> String {
        self.0.to_string()
    }
}

impl Choice for bool {
    const CHOICES: &'static str = "on or off";

    fn read(word: &str) -> Option<Self> {
        match word {
            "on" | "true" => Some(true),
            "off" | "false" => Some(false),
            _ => None,
        }
    }

    fn text(&self) -> String {
        if *self { "on" } else { "off" }.to_owned()
    }
}

impl Choice for u32 {
    const CHOICES: &'static str = "a number above 0";

    fn read(word: &str) -> Option<Self> {
        word.parse().ok().filter(|number| *number > 0)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Choice for Option<u32> {
    const CHOICES: &'static str = "a number above 0, or off";

    fn read(word: &str) -> Option<Self> {
        if word == "off" { Some(None) } else { u32::read(word).map(Some) }
    }

    fn text(&self) -> String {
        self.map_or_else(|| "off".to_owned(), |number| number.to_string())
    }
}
