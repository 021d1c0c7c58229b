//! `instep expression`: try, check and lay out expressions of attribute mappings.

mod trace;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use engine::object::MappingInput;
use expression::{Context, Expression, Finding, Severity, Surroundings, Tables, Value, check_with};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::failure::{Exit, Failure};
use crate::object_file::{self, ObjectFile};
use crate::pointer::pointed;
use crate::session::{Session, now};

pub(crate) const AFTER_HELP: &str = "\
Example:
  instep expression eval --object-file ada.json 'Join(\" \", [givenName], [surname])'
  instep expression check 'Jion(\" \", [givenName])'";

const EVAL_HELP: &str = "\
With --json the document's \"value\" is a text, a list, a complex value or null, as a target of type String gets it.

Example:
  instep expression eval --object-file ada.json 'ToLower([userPrincipalName])'
  instep expression eval --app CRM --object ada@example.com --trace 'Switch([country], \"EU\", \"US\", \"NA\")'";

/// How far a place in an expression is indented.
const MARGIN: usize = 2;

/// The widest line of a laid out expression.
const WIDTH: usize = 80;

/// What can be done with an expression.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Evaluate an expression for one object
    #[command(after_help = EVAL_HELP)]
    Eval(Evaluation),
    /// Say everything that is wrong or doubtful about an expression
    #[command(after_help = "Example:\n  instep expression check 'Left([mailNickname], 20)'")]
    Check(Text),
    /// Lay out an expression over several lines
    #[command(
        after_help = "Example:\n  instep expression format 'Join(\".\",[givenName],[surname])'"
    )]
    Format {
        #[command(flatten)]
        text: Text,
        /// The widest line
        #[arg(long, value_name = "CHARACTERS", default_value_t = WIDTH)]
        width: usize,
    },
}

/// An expression.
#[derive(Debug, Args)]
pub(crate) struct Text {
    /// The expression; "-" reads it from standard input
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: String,
}

/// What to evaluate, and for whom.
#[derive(Debug, Args)]
pub(crate) struct Evaluation {
    /// The application whose roles and tables count
    #[arg(long, value_name = "APP")]
    app: Option<String>,
    #[command(flatten)]
    whom: Whom,
    /// Show the value of every part
    #[arg(long)]
    trace: bool,
    /// What `DefaultDomain()` answers [default: the organisation's]
    #[arg(long, value_name = "DOMAIN")]
    default_domain: Option<String>,
    #[command(flatten)]
    text: Text,
}

/// Whose attributes the expression reads.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Whom {
    /// A user or group of the directory: id, userPrincipalName or unique display name
    #[arg(long, value_name = "USER")]
    object: Option<String>,
    /// A JSON file with one object: an export of Microsoft Graph, or attributes by name
    #[arg(long, value_name = "FILE")]
    object_file: Option<PathBuf>,
}

pub(crate) async fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    match command {
        Command::Eval(evaluation) => eval(evaluation, session).await,
        Command::Check(text) => check(&text.read()?, session),
        Command::Format { text, width } => {
            let text = text.read()?;
            let laid_out = parse(&text)?.format(width);
            session.output.show(&json!({ "expression": laid_out }), || laid_out.clone())?;
            Ok(Exit::Done)
        }
    }
}

async fn eval(evaluation: Evaluation, session: &Session) -> Result<Exit, Failure> {
    let text = evaluation.text.read()?;
    let expression = parse(&text)?;
    let Scene { file, tables, default_domain } = scene(&evaluation, session).await?;
    let input = MappingInput {
        object: &file.object,
        is_soft_deleted: file.is_soft_deleted,
        entitlements: &file.entitlements,
    };
    let context = Context {
        attributes: &input,
        now: now(),
        tables: Some(&*tables),
        default_domain: default_domain.as_deref(),
        seed: Uuid::new_v4().as_u64_pair().0,
    };
    let trace = evaluation.trace.then(|| expression.trace(&context));
    let candidates = expression.candidates(&context).map_err(|error| {
        let place = pointed(&text, error.span.start, error.span.end, MARGIN);
        Failure::usage(format!("the expression gives no value: {error}\n{place}"))
    })?;
    let value = candidates.first().cloned().unwrap_or_default();
    let mut document = json!({ "value": plain(&value) });
    if let Value::Dropped = value {
        document["dropped"] = json!(true);
    }
    if candidates.len() > 1 {
        document["candidates"] = candidates.iter().map(plain).collect();
    }
    let warnings = expression.warnings();
    if !warnings.is_empty() {
        document["warnings"] = warnings.iter().map(|finding| described(&text, finding)).collect();
    }
    if let Some(trace) = &trace {
        document["trace"] = trace::document(trace);
    }
    for finding in warnings {
        session.output.remark(&told(&text, finding));
    }
    session.output.show(&document, || {
        let mut lines = trace.as_ref().map(trace::text).unwrap_or_default();
        lines.push_str(&shown(&candidates));
        lines
    })?;
    Ok(Exit::Done)
}

/// What an evaluation knows besides the expression.
struct Scene {
    file: ObjectFile,
    tables: Box<dyn Tables>,
    default_domain: Option<String>,
}

async fn scene(evaluation: &Evaluation, session: &Session) -> Result<Scene, Failure> {
    let Evaluation { app, whom, default_domain, .. } = evaluation;
    let from_file = whom.object_file.as_deref().map(object_file::read).transpose()?;
    if let (Some(file), None) = (&from_file, app) {
        let tables = Box::new(BTreeMap::new());
        return Ok(Scene { file: file.clone(), tables, default_domain: default_domain.clone() });
    }
    let runner = session.open().await?;
    let job = match app {
        Some(app) => Some(runner.job(app).await?),
        None => None,
    };
    let file = match (from_file, &whom.object) {
        (Some(file), _) => file,
        (None, Some(reference)) => {
            let found = runner.directory.find(reference, None).await?;
            let (input, entitlements) = runner.source_object(job.as_ref(), &found.id).await?;
            let is_soft_deleted = !input.enabled;
            ObjectFile { object: input, is_soft_deleted, entitlements }
        }
        (None, None) => return Err(Failure::usage("name an --object or an --object-file")),
    };
    let default_domain = match default_domain {
        Some(domain) => Some(domain.clone()),
        None => runner.default_domain().await?,
    };
    let tables = job.map(|job| (*job.tables).clone()).unwrap_or_default();
    Ok(Scene { file, tables: Box::new(tables), default_domain })
}

fn check(text: &str, session: &Session) -> Result<Exit, Failure> {
    let findings = check_with(text, &Surroundings::default());
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let document = json!({
        "valid": errors == 0,
        "findings": findings.iter().map(|finding| described(text, finding)).collect::<Vec<_>>(),
    });
    session.output.show(&document, || {
        if findings.is_empty() {
            return "nothing to remark".to_owned();
        }
        findings.iter().map(|finding| told(text, finding)).collect::<Vec<_>>().join("\n")
    })?;
    Ok(if errors == 0 { Exit::Done } else { Exit::Usage })
}

fn parse(text: &str) -> Result<Expression, Failure> {
    Expression::parse(text).map_err(|error| {
        let place = pointed(text, error.span.start, error.span.end, MARGIN);
        Failure::usage(format!("the expression is wrong: {error}\n{place}"))
    })
}

fn described(text: &str, finding: &Finding) -> Json {
    let characters = |bytes: usize| text.get(..bytes).map_or(0, |before| before.chars().count());
    json!({
        "severity": severity(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "start": characters(finding.span.start),
        "end": characters(finding.span.end),
    })
}

fn told(text: &str, finding: &Finding) -> String {
    let hint = finding.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
    let place = pointed(text, finding.span.start, finding.span.end, MARGIN);
    format!("{}: {}{hint}\n{place}", severity(finding.severity), finding.message)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A value as a target of type String gets it.
fn plain(value: &Value) -> Json {
    match value {
        Value::Null | Value::Dropped => Json::Null,
        Value::List(values) => values.iter().map(plain).collect(),
        Value::Object(_) => value.to_json(),
        value => Json::String(value.to_text()),
    }
}

fn shown(candidates: &[Value]) -> String {
    let one = |value: &Value| match value {
        Value::Null => "no value".to_owned(),
        Value::Dropped => "no value: the attribute leaves the flow".to_owned(),
        Value::List(values) => values.iter().map(Value::to_text).collect::<Vec<_>>().join("\n"),
        value => value.to_text(),
    };
    match candidates {
        [value] => one(value),
        many => {
            let lines = many.iter().map(|value| format!("  {}", one(value)));
            format!(
                "the first of these that is free in the target:\n{}",
                lines.collect::<Vec<_>>().join("\n")
            )
        }
    }
}

impl Text {
    /// The expression, from the command line or standard input.
    fn read(&self) -> Result<String, Failure> {
        if self.expression != "-" {
            return Ok(self.expression.clone());
        }
        let mut text = String::new();
        let limit = u64::try_from(expression::LENGTH_MAX).unwrap_or(u64::MAX).saturating_add(2);
        std::io::stdin().lock().take(limit).read_to_string(&mut text).map_err(|error| {
            Failure::usage(format!("the expression cannot be read from standard input: {error}"))
        })?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}
