//! Statements that run for each object or each batch lead by an index, and not through a table.

use store::log::LogQuery;
use store::schema::MIGRATIONS;
use store::{Db, Query, link, log, work};

/// The plan of a statement, a line for each table.
async fn plan((sql, values): Query) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(folder.path().join("plan.db"), MIGRATIONS).await.unwrap();
    let explained: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {sql}").into_boxed_str());
    let rows = db.query(explained, values).await.unwrap();
    rows.iter().map(|row| row.text(3).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn whoever_refers_to_an_object_is_found_by_the_edges() {
    let plan = plan(link::referring("o", "j", "x", "", 500)).await;
    assert!(plan[0].starts_with("SEARCH e USING"), "{plan:?}");
    assert!(plan[1].contains("source_id=?"), "{plan:?}");
}

#[tokio::test]
async fn the_next_work_is_read_in_the_order_of_its_index() {
    let plan = plan(work::next("o", "j", 0, 100)).await;
    assert!(plan[0].contains("work_next"), "{plan:?}");
    assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:?}");
}

#[tokio::test]
async fn each_way_of_asking_the_log_has_an_index() {
    let text = || "x".to_owned();
    let asked = [
        (LogQuery { job_id: text(), ..LogQuery::default() }, "log_job"),
        (LogQuery { job_id: text(), status: text(), ..LogQuery::default() }, "log_status"),
        (LogQuery { job_id: text(), source_id: text(), ..LogQuery::default() }, "log_source"),
        (LogQuery { job_id: text(), cycle_id: text(), ..LogQuery::default() }, "log_cycle"),
    ];
    for (query, index) in asked {
        let plan = plan(log::entries("o", &query)).await;
        assert!(plan[0].contains(index) && plan.len() == 1, "{index}: {plan:?}");
    }
}
