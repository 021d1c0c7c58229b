//! `instep explain`: why somebody has the account they have, or none.

use std::fmt::Write as _;

use clap::Args;
use engine::explain::{
    ChangeExplanation, MappingExplanation, PlanExplanation, ScopeExplanation, TraceExplanation,
};
use runner::explain::{Explained, GroupExplanation};
use serde_json::Value as Json;

use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::table::Table;

pub(crate) const AFTER_HELP: &str = "\
Nothing is changed: the application is asked for the account at most, as a cycle would ask it. With --json the \
document holds the trace of every expression.

Example:
  instep explain CRM ada@example.com
  instep explain CRM \"Contact centre\" --trace --offline";

/// Whom to explain.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The application
    #[arg(value_name = "APP")]
    application: String,
    /// A user or group: id, userPrincipalName or unique display name
    #[arg(value_name = "USER")]
    object: String,
    /// Show what every part of each expression came to
    #[arg(long)]
    trace: bool,
    /// Do not ask the application
    #[arg(long)]
    offline: bool,
}

pub(crate) async fn run(arguments: &Arguments, session: &Session) -> Result<Exit, Failure> {
    let runner = session.open().await?;
    let job = runner.job(&arguments.application).await?;
    let object = runner.directory.find(&arguments.object, None).await?;
    let explained = runner.explain(&job, &object.id, !arguments.offline).await?;
    session.output.show(&explained, || text(&explained, arguments.trace))?;
    Ok(Exit::Done)
}

fn text(explained: &Explained, with_trace: bool) -> String {
    let explanation = &explained.explanation;
    let mut text = format!(
        "{} \"{}\" in \"{}\"\n",
        explanation.object_type.to_lowercase(),
        explanation.display_name,
        explained.application
    );
    write_scope(&explanation.scope, &mut text);
    write_mappings(&explanation.mappings, with_trace, &mut text);
    write_account(explained, &mut text);
    let is_bare = explained.target_problem.is_some() || explained.requests.is_empty();
    write_plan(&explanation.plan, is_bare, &mut text);
    write_groups(&explained.groups, &mut text);
    text
}

fn write_scope(scope: &ScopeExplanation, text: &mut String) {
    let _ = writeln!(text, "\nscope: {}", scope.sentence);
    for group in &scope.filter {
        let holds = if group.holds { "holds" } else { "does not hold" };
        let _ = writeln!(text, "  {} \"{}\" {holds}", group.list.name(), group.group);
        for clause in &group.clauses {
            let mark = if clause.holds { "yes" } else { "no " };
            let value = clause.value.as_deref().unwrap_or("no value");
            let _ = writeln!(text, "    {mark}  {}  with {value}", clause.clause);
        }
    }
}

fn write_mappings(mappings: &[MappingExplanation], with_trace: bool, text: &mut String) {
    let _ = writeln!(text, "\nmappings:");
    let mut table = Table::default();
    for mapping in mappings {
        let mut remarks = Vec::new();
        if let Some(precedence) = mapping.matching_precedence {
            remarks.push(format!("matching precedence {precedence}"));
        }
        if mapping.flow_type != "Always" {
            remarks.push(mapping.flow_type.to_owned());
        }
        if !mapping.counts {
            remarks.push("not evaluated for an account that closes".to_owned());
        }
        let remarks = match remarks.as_slice() {
            [] => String::new(),
            remarks => format!("({})", remarks.join(", ")),
        };
        table.row([mapping.target.clone(), came_to(mapping), mapping.source.clone(), remarks]);
    }
    text.push_str(&table.text(2));
    if with_trace {
        for mapping in mappings {
            if let Some(trace) = mapping.trace.as_ref().filter(|trace| !trace.parts.is_empty()) {
                let _ = writeln!(text, "\n  {}", mapping.target);
                write_trace(trace, 2, text);
            }
        }
    }
}

fn came_to(mapping: &MappingExplanation) -> String {
    let value = || mapping.value.as_ref().map(Json::to_string).unwrap_or_default();
    match (mapping.outcome, &mapping.failure) {
        (_, Some(failure)) => format!("failed: {}", failure.sentence),
        ("default", _) => format!("{} by default", value()),
        ("dropped", _) => "leaves the flow".to_owned(),
        ("members", _) => "the group's members".to_owned(),
        ("reference", _) if !mapping.waits_for.is_empty() => {
            "waits for an account of the other end".to_owned()
        }
        ("nothing", _) => "no value".to_owned(),
        _ if mapping.value.is_none() => "no value".to_owned(),
        _ => value(),
    }
}

fn write_trace(trace: &TraceExplanation, depth: usize, text: &mut String) {
    let _ = writeln!(text, "{}{}  =>  {}", "  ".repeat(depth), trace.text, trace.outcome);
    for part in &trace.parts {
        write_trace(part, depth + 1, text);
    }
}

fn write_account(explained: &Explained, text: &mut String) {
    let account = match &explained.link {
        None => "not linked to one yet".to_owned(),
        Some(link) => match (&link.target_id, link.open) {
            (None, _) => "its creation was sent and never answered".to_owned(),
            (Some(id), true) => format!("\"{id}\", open"),
            (Some(id), false) => format!("\"{id}\", closed"),
        },
    };
    let _ = writeln!(text, "\naccount: {account}");
    for query in &explained.explanation.matching {
        let _ = writeln!(text, "  recognised by {} \"{}\"", query.attribute, query.value);
    }
    for request in &explained.requests {
        let status = request.status.map_or_else(|| "no answer".to_owned(), |s| s.to_string());
        let _ = writeln!(text, "  {} {} → {status}", request.method, request.path);
    }
    if let Some(problem) = &explained.target_problem {
        let _ = writeln!(text, "  the application could not be asked: {problem}");
    }
}

fn write_plan(plan: &PlanExplanation, is_bare: bool, text: &mut String) {
    let action = match (plan.action, is_bare) {
        ("match", true) => "to be linked to the account that is recognised, if there is one",
        ("other", _) => "nothing is done",
        (action, _) => action,
    };
    let _ = writeln!(text, "\nplan: {action}");
    if let Some(reason) = &plan.reason {
        let _ = writeln!(text, "  {}: {}", reason.code, reason.sentence);
    }
    write_changes(&plan.changes, text);
    for pending in &plan.pending {
        let _ = writeln!(text, "  {} waits for \"{}\"", pending.attribute, pending.object_id);
    }
    if let Some(absent) = &plan.if_absent {
        let _ = writeln!(text, "  otherwise: {}", absent.action);
        if let Some(reason) = &absent.reason {
            let _ = writeln!(text, "  {}: {}", reason.code, reason.sentence);
        }
        write_changes(&absent.changes, text);
    }
}

fn write_changes(changes: &[ChangeExplanation], text: &mut String) {
    let shown = |value: &Option<Json>| value.as_ref().map_or("–".to_owned(), Json::to_string);
    for change in changes {
        let (old, new) = (shown(&change.old), shown(&change.new));
        let _ = writeln!(text, "  {}: {old} → {new}", change.attribute);
    }
}

fn write_groups(groups: &[GroupExplanation], text: &mut String) {
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(text, "\ngroups:");
    for group in groups {
        let through = group.through.iter().map(|name| format!(", through \"{name}\""));
        let _ = writeln!(text, "  \"{}\"{}", group.display_name, through.collect::<String>());
    }
}
