//! What people write when they know another language better: spreadsheets, scripts, word processors.
//!
//! Nothing here reads anything. It looks at the place where the grammar is broken, guesses what was meant, and says
//! in a sentence what to write instead.

use crate::ParseError;
use crate::catalogue;
use crate::parse::Parser;
use crate::syntax::Span;
use crate::token::is_name_part;
use crate::value::quoted;

/// Signs that join or compare in other languages: what they are, and what to write.
const FOREIGN: [(&str, &str, &str); 12] = [
    ("==", "this is not how values are compared", "write a single ="),
    ("!=", "this is not how values are compared", "write <>"),
    ("=>", "this is not how values are compared", "write >="),
    ("=<", "this is not how values are compared", "write <="),
    ("&&", "conditions are not joined by a sign", "write And(…, …)"),
    ("||", "conditions are not joined by a sign", "write Or(…, …)"),
    ("|", "conditions are not joined by a sign", "write Or(…, …)"),
    ("+", "texts are not joined by +", "write Join(\"\", …, …), or & between them"),
    (";", "parameters are not separated by ;", "write a comma"),
    ("?", "a choice is not written with ?", "write IIF(condition, …, …)"),
    ("*", "there is no arithmetic", "keep such a number in an attribute of its own"),
    ("/", "there is no arithmetic", "keep such a number in an attribute of its own"),
];

/// Words that join or compare in other languages.
const FOREIGN_WORDS: [(&str, &str); 12] = [
    ("and", "write And(…, …) around the conditions"),
    ("or", "write Or(…, …) around the conditions"),
    ("eq", "write = between the two"),
    ("ne", "write <> between the two"),
    ("is", "write = between the two, or IsNullOrEmpty(…)"),
    ("in", "write Switch(…), or Or(…, …) with a comparison for each value"),
    ("not", "write Not(…), or <> between the two"),
    ("contains", "write Contains(…, \"…\")"),
    ("startswith", "write StartsWith(…, \"…\")"),
    ("like", "write RegexMatch(…, \"…\") or Contains(…, \"…\")"),
    ("then", "write IIF(condition, …, …)"),
    ("else", "write IIF(condition, …, …)"),
];

/// What spreadsheets, scripts and other products call our functions.
const ELSEWHERE: [(&str, &str); 44] = [
    ("Ceiling", "DateDiff or BitAnd; there is no other arithmetic"),
    ("Choose", "Switch(source, default, key, value, …)"),
    ("Concat", "Join(\"\", …, …)"),
    ("Concatenate", "Join(\"\", …, …)"),
    ("CNum", "the value itself; texts that are numbers compare as numbers"),
    ("DateValue", "CDate(…)"),
    ("EqualsIgnoreCase", "Equals(…, …), which ignores case"),
    ("Exact", "a comparison with ="),
    ("Find", "InStr(text, searched)"),
    ("FindIndex", "InStr(text, searched)"),
    ("FormatDate", "FormatDateTime(source, , inputFormat, outputFormat)"),
    ("GetDate", "Now()"),
    ("If", "IIF(condition, valueIfTrue, valueIfFalse)"),
    ("IfElse", "IIF(condition, valueIfTrue, valueIfFalse)"),
    ("IfError", "Coalesce(…, …); an error cannot be caught"),
    ("IfNull", "Coalesce(…, …)"),
    ("Ifs", "Switch(source, default, key, value, …)"),
    ("IndexOf", "InStr(text, searched)"),
    ("IsBlank", "IsNullOrEmpty(…)"),
    ("IsEmpty", "IsNullOrEmpty(…)"),
    ("LCase", "ToLower(…)"),
    ("Length", "Len(…)"),
    ("Lower", "ToLower(…)"),
    ("LTrim", "Trim(…)"),
    ("Match", "RegexMatch(text, pattern)"),
    ("Nz", "Coalesce(…, …)"),
    ("Proper", "PCase(…)"),
    ("RegexReplace", "Replace(source, , pattern, , replacement, , )"),
    ("RemoveDiacritics", "NormalizeDiacritics(…)"),
    ("Reverse", "the value as it is; nothing reverses texts"),
    ("RTrim", "Trim(…)"),
    ("Search", "InStr(text, searched)"),
    ("Select", "Map(list, \"item\", … [item] …)"),
    ("Sub", "Mid(text, start, length)"),
    ("Substitute", "Replace(source, oldValue, , , newValue, , )"),
    ("Substring", "Mid(text, start, length)"),
    ("Text", "CStr(…), or FormatDateTime for a date"),
    ("TextJoin", "Join(separator, …, …)"),
    ("Today", "Now()"),
    ("ToString", "CStr(…)"),
    ("UCase", "ToUpper(…)"),
    ("Upper", "ToUpper(…)"),
    ("VLookup", "Lookup(table, key)"),
    ("Where", "Filter(list, \"item\", … [item] …)"),
];

/// What to write for a function of another language.
pub(crate) fn elsewhere(name: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, ours)| *ours)
}

impl Parser<'_> {
    /// A sign or a word of another language between two operands.
    pub(crate) fn foreign_operator(&self) -> Option<ParseError> {
        let rest = self.rest();
        let sign = FOREIGN.iter().find(|(sign, ..)| rest.starts_with(sign));
        if let Some((sign, message, hint)) = sign {
            return Some(self.error_over(sign.len(), message, hint));
        }
        let word = &rest[..rest.find(|letter| !is_name_part(letter)).unwrap_or(rest.len())];
        let (_, hint) = FOREIGN_WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word))?;
        let message = format!("the word {} joins nothing here", quoted(word));
        Some(self.error_over(word.len(), &message, hint))
    }

    /// What cannot follow an operand without a sign between.
    pub(crate) fn after_operand(&self) -> Option<ParseError> {
        let rest = self.rest();
        let before = &self.text[..self.position];
        match rest.chars().next()? {
            '.' => {
                let is_letter = |letter: char| letter.is_ascii_alphabetic();
                let name = rest[1..].split(|letter| !is_letter(letter)).next().unwrap_or_default();
                let hint = match catalogue::function(name).map(|function| function.name) {
                    Some(name) => format!("write {name}(…) around the value"),
                    None => {
                        "write the point inside the brackets or quotes, if it belongs there".into()
                    }
                };
                Some(self.error("nothing follows a value after a point", &hint))
            }
            '[' if rest[1..].trim_start().starts_with(|letter: char| letter.is_ascii_digit()) => {
                Some(self.error(
                    "a value cannot be indexed by [ ]",
                    "write Item(…, 1); values count from 1",
                ))
            }
            '"' if before.ends_with('"') => Some(self.error(
                "a quote inside a text is not doubled",
                "write \\\" for a quote inside a text, or a comma between two texts",
            )),
            '[' | '"' => Some(self.error(
                "a comma or & is missing before this",
                "write a comma between two parameters, or & between two texts to join",
            )),
            '-' => Some(self.error(
                "there is no arithmetic",
                "write DateAdd for dates; a minus in a text stands inside its quotes",
            )),
            _ => None,
        }
    }

    /// A word where a value is expected.
    pub(crate) fn bare_word(&self) -> ParseError {
        let rest = self.rest();
        let is_part = |letter: char| is_name_part(letter) || matches!(letter, '.' | ':' | '-');
        let word = rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())]
            .trim_end_matches(['.', ':', '-']);
        let message = format!("the word {} stands without quotes and brackets", quoted(word));
        let ends = rest[word.len()..].trim_start().starts_with([',', ')']);
        let hint = match catalogue::function(word).filter(|function| !ends || function.name == word)
        {
            Some(function) => format!("write the parameters of {} in parentheses", function.name),
            None if ["true", "false"].iter().any(|known| known.eq_ignore_ascii_case(word)) => {
                format!("write {} in quotes", quoted(word))
            }
            None if ["null", "nothing", "empty"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(word)) =>
            {
                "write \"\" for the empty text, or test with IsNullOrEmpty(…)".into()
            }
            None => {
                let name = word.strip_prefix("user.").unwrap_or(word);
                format!("write [{name}] for the attribute, \"{word}\" for the text")
            }
        };
        self.error_over(word.len(), &message, &hint)
    }

    /// Anything else that is not expected where it stands.
    pub(crate) fn unexpected(&self, expected: &str) -> ParseError {
        let Some(letter) = self.peek() else { return self.unexpected_end(expected) };
        match letter {
            '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '″' => self
                .error("this is a typographic quote", "write texts in straight quotes: \"text\""),
            '\'' | '`' => {
                self.error("this is a single quote", "write texts in double quotes: \"text\"")
            }
            '；' | '，' | '（' | '）' | '［' | '］' | '【' | '】' | '、' => self.error(
                "this sign is of full width, as East Asian keyboards write it",
                "write it in half width",
            ),
            '=' if self.text[..self.position].trim().is_empty() => {
                self.error("an expression does not begin with =", "remove the sign")
            }
            ')' if self.depth() == 0 => {
                self.error("there is a ) without its (", "remove it, or add the ( before it")
            }
            '(' => self.error(
                "parentheses only stand behind the name of a function",
                "remove the pair, or write the function's name before it",
            ),
            ']' => self.error("there is a ] without its [", "write [ before the attribute's name"),
            '{' | '}' | '<' | '$' | '@' | '#' => self.error(
                &format!("the sign {} has no meaning here", quoted(&letter.to_string())),
                "write attributes in brackets: [name], and texts in quotes: \"text\"",
            ),
            '!' => self.error("the sign \"!\" has no meaning here", "write Not(…)"),
            ',' if self.depth() == 0 => self.error(
                "a comma stands outside of all functions",
                "remove it, or wrap the parts in a function such as Join(\"\", …, …)",
            ),
            _ if self.quotes_are_odd() => self.error(
                &format!("expected {expected}, found {}", quoted(&letter.to_string())),
                "the number of quotes is odd: a text before this is not closed, or not opened",
            ),
            _ => self.error(
                &format!("expected {expected}, found {}", quoted(&letter.to_string())),
                "remove it, or check the commas, quotes and parentheses before it",
            ),
        }
    }

    fn unexpected_end(&self, expected: &str) -> ParseError {
        if self.text.trim().is_empty() {
            return self.error(
                "the expression is empty",
                "write an attribute like [mail], a text like \"x\", or a function",
            );
        }
        self.error(&format!("expected {expected}, found the end"), "complete the expression")
    }

    /// Whether the quotes of the whole text do not pair.
    fn quotes_are_odd(&self) -> bool {
        let mut escaped = false;
        let quotes = self.text.chars().filter(|letter| {
            let counts = *letter == '"' && !escaped;
            escaped = *letter == '\\' && !escaped;
            counts
        });
        quotes.count() % 2 == 1
    }

    fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    fn error_over(&self, length: usize, message: &str, hint: &str) -> ParseError {
        let span = Span { start: self.position, end: self.position + length };
        ParseError { span, ..self.error(message, hint) }
    }
}
