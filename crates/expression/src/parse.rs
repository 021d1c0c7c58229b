//! Reads the text of an expression into its tree.
//!
//! The grammar is that of Entra's mappings, with its leniencies: blanks anywhere between tokens, empty
//! parameters, commas at the end, functions in any case (with a warning), an unknown escape kept as
//! its two characters. Nesting is bounded, so that no text exhausts the stack.

use crate::ParseError;
use crate::catalogue::{self, ParameterType};
use crate::check::{self, Finding};
use crate::regex::{Pattern, PatternError};
use crate::syntax::{Call, Keyword, Kind, Node, Operator, Prepared, Span};
use crate::token::{is_name_part, is_name_start};
use crate::{date_format, each};

/// Most characters of one expression, as documented.
pub const LENGTH_MAX: usize = 10_000;

/// Most different patterns of one expression, since each takes time and room to compile.
pub const PATTERNS_MAX: usize = 64;

/// Most atoms of all patterns of one expression, repetitions written out.
const ATOMS_MAX: u64 = 5_000;

/// Most functions inside each other.
pub const DEPTH_MAX: usize = 64;

/// What was read: the tree, when the grammar was followed to the end, and what was noticed.
pub(crate) struct Parsed {
    pub(crate) root: Node,
    pub(crate) findings: Vec<Finding>,
}

/// Reads a whole expression. The findings tell of errors that do not hinder the reading, such as an
/// unknown function.
pub(crate) fn parse(text: &str) -> Result<Parsed, ParseError> {
    let length = text.chars().count();
    if length > LENGTH_MAX {
        return Err(ParseError {
            span: Span { start: 0, end: text.len() },
            message: format!("the expression has {length} characters, the most is {LENGTH_MAX}"),
            hint: Some("move a part of it into another attribute".into()),
        });
    }
    let mut parser =
        Parser { text, position: 0, depth: 0, patterns: Vec::new(), findings: Vec::new() };
    let root = parser.expression()?;
    if let Some(error) = parser.foreign_operator() {
        return Err(error);
    }
    if parser.operator().is_some() {
        return Err(parser.error("a comparison stands alone", "write it inside IIF(…) or CBool(…)"));
    }
    if parser.position < text.len() {
        return Err(parser.unexpected("the end of the expression"));
    }
    check::check_tree(&root, &mut parser.findings);
    Ok(Parsed { root, findings: parser.findings })
}

/// An expression being read.
pub(crate) struct Parser<'t> {
    pub(crate) text: &'t str,
    /// The next byte to read.
    pub(crate) position: usize,
    /// How many functions are open.
    depth: usize,
    /// The patterns that were compiled so far.
    patterns: Vec<(String, Pattern)>,
    findings: Vec<Finding>,
}

impl Parser<'_> {
    /// A comparison, or an expression: what may stand between two commas.
    fn argument(&mut self) -> Result<Node, ParseError> {
        let left = self.expression()?;
        if let Some(error) = self.foreign_operator() {
            return Err(error);
        }
        let Some(operator) = self.operator() else { return Ok(left) };
        self.position += operator.sign().len();
        let right = self.expression()?;
        if let Some(error) = self.foreign_operator() {
            return Err(error);
        }
        if self.operator().is_some() {
            return Err(self.error(
                "a second comparison follows the first",
                "write And(…, …) around two conditions",
            ));
        }
        let span = Span { start: left.span.start, end: right.span.end };
        Ok(Node {
            span,
            kind: Kind::Comparison { operator, left: Box::new(left), right: Box::new(right) },
        })
    }

    /// Operands joined by `&`, or a single one.
    fn expression(&mut self) -> Result<Node, ParseError> {
        let first = self.operand()?;
        let mut operands = vec![first];
        while self.foreign_operator().is_none() && self.take('&') {
            operands.push(self.operand()?);
        }
        let span =
            Span { start: operands[0].span.start, end: operands[operands.len() - 1].span.end };
        match operands.len() {
            1 => Ok(operands.remove(0)),
            _ => Ok(Node { span, kind: Kind::Concatenation(operands) }),
        }
    }

    fn operand(&mut self) -> Result<Node, ParseError> {
        self.skip_blanks();
        let start = self.position;
        let kind = match self.peek() {
            Some('[') => self.attribute()?,
            Some('"') => self.string()?,
            Some('%') => self.placeholder()?,
            Some('-' | '0'..='9' | '&') => self.number()?,
            Some(letter) if is_name_start(letter) => self.named()?,
            _ => return Err(self.unexpected("a function, an [attribute], a \"text\" or a number")),
        };
        let end = self.position;
        self.skip_blanks();
        if let Some(error) = self.after_operand() {
            return Err(error);
        }
        Ok(Node { span: Span { start, end }, kind })
    }

    /// A function call, or one of the words that stand without quotes.
    fn named(&mut self) -> Result<Kind, ParseError> {
        let start = self.position;
        let rest = &self.text[start..];
        let name = &rest[..rest.find(|letter| !is_name_part(letter)).unwrap_or(rest.len())];
        let span = Span { start, end: start + name.len() };
        self.position = span.end;
        self.skip_blanks();
        if self.peek() != Some('(') {
            self.position = span.end;
            if let Some(keyword) = Keyword::named(name) {
                return Ok(Kind::Keyword(keyword));
            }
            self.position = start;
            return Err(self.bare_word());
        }
        if self.depth == DEPTH_MAX {
            self.position = start;
            let message = format!("more than {DEPTH_MAX} functions stand inside each other");
            return Err(self.error(&message, "split the expression over two attributes"));
        }
        self.depth += 1;
        let arguments = self.arguments(name)?;
        self.depth -= 1;
        Ok(self.call(name, span, arguments))
    }

    /// `( , "a", , )`: the slots between the commas.
    fn arguments(&mut self, name: &str) -> Result<Vec<Option<Node>>, ParseError> {
        let open = self.position;
        self.position += 1;
        let mut arguments = Vec::new();
        loop {
            self.skip_blanks();
            let slot = match self.peek() {
                Some(',' | ')') => None,
                None => {
                    self.position = open;
                    let message = format!("the parenthesis ( of {name} is not closed");
                    return Err(self.error(&message, "end the parameters with )"));
                }
                Some(_) => Some(self.argument()?),
            };
            arguments.push(slot);
            if self.take(',') {
                continue;
            }
            if self.take(')') {
                return Ok(arguments);
            }
            if self.position < self.text.len() {
                return Err(self.unexpected("a comma or )"));
            }
        }
    }

    /// Finds the function; an unknown one is a finding, and reading goes on to find the others.
    fn call(&mut self, name: &str, span: Span, mut arguments: Vec<Option<Node>>) -> Kind {
        let function = catalogue::function(name).unwrap_or_else(|| {
            self.findings.push(Finding::unknown_function(name, span));
            &check::UNKNOWN
        });
        if function.name != name && function.name != check::UNKNOWN.name {
            self.findings.push(Finding::other_case(name, function.name, span));
        }
        check::drop_empty_end(function, &mut arguments);
        let prepared = self.prepare(function, &arguments);
        let mut call = Call { function, arguments, prepared };
        each::bind(&mut call);
        Kind::Call(call)
    }

    /// Compiles the patterns and date formats among the parameters that are constants.
    fn prepare(
        &mut self,
        function: &catalogue::Function,
        arguments: &[Option<Node>],
    ) -> Vec<(usize, Prepared)> {
        let mut prepared = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            let (Some(node), Some(parameter)) = (argument, function.parameter(index)) else {
                continue;
            };
            let Some(text) = node.constant().filter(|text| !text.is_empty()) else { continue };
            match parameter.kind {
                ParameterType::Pattern => match self.compile(text) {
                    Ok(pattern) => prepared.push((index, Prepared::Pattern(pattern))),
                    Err(error) => self.findings.push(Finding::bad_pattern(&error, node.span)),
                },
                ParameterType::DateFormat => match date_format::parts(text) {
                    Ok(parts) => prepared.push((index, Prepared::Format(parts))),
                    Err(why) => self.findings.push(Finding::bad_format(text, &why, node.span)),
                },
                _ => {}
            }
        }
        prepared
    }

    /// Compiles a pattern, or takes it from before.
    fn compile(&mut self, text: &str) -> Result<Pattern, PatternError> {
        if let Some((_, pattern)) = self.patterns.iter().find(|(known, _)| known == text) {
            return Ok(pattern.clone());
        }
        let pattern = Pattern::compile(text)?;
        let atoms: u64 = self.patterns.iter().map(|(_, pattern)| pattern.size()).sum();
        if self.patterns.len() == PATTERNS_MAX || atoms + pattern.size() > ATOMS_MAX {
            return Err(PatternError::TooMany);
        }
        self.patterns.push((text.to_owned(), pattern.clone()));
        Ok(pattern)
    }

    /// The comparison sign that comes next, not yet taken.
    fn operator(&mut self) -> Option<Operator> {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        self.skip_blanks();
        let rest = &self.text[self.position..];
        let signs = [NotEqual, LessOrEqual, GreaterOrEqual, Equal, Less, Greater];
        signs.into_iter().find(|operator| rest.starts_with(operator.sign()))
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip_blanks();
        let found = self.peek() == Some(sign);
        if found {
            self.position += sign.len_utf8();
        }
        found
    }

    /// How many functions are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    /// Blanks, tabs, line ends, and the invisible characters that come with a paste.
    fn skip_blanks(&mut self) {
        let rest = &self.text[self.position..];
        self.position = self.text.len()
            - rest
                .trim_start_matches(|letter: char| {
                    letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}')
                })
                .len();
    }

    pub(crate) fn error(&self, message: &str, hint: &str) -> ParseError {
        let end = self.position + self.peek().map_or(0, char::len_utf8);
        let span = Span { start: self.position, end };
        ParseError { span, message: message.to_owned(), hint: Some(hint.to_owned()) }
    }
}
