//! Queries that run for each request lead by an index, and never through a table.

use scim::{Filter, Projection, Sort};
use scim_server::ResourceKind;
use store::{Sql, Value};

use crate::condition::Condition;
use crate::cursor::Cursor;
use crate::kind::Kind;
use crate::order::Order;
use crate::record::shown_columns;
use crate::{Clock, ScimStore};

/// The plan of a query, its lines joined.
async fn plan(mut sql: Vec<&'static str>, values: Vec<Value>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let kinds = [ResourceKind::users()];
    let store = ScimStore::open(folder.path(), &kinds, Clock::system()).await.unwrap();
    sql.insert(0, "EXPLAIN QUERY PLAN ");
    let rows = store.db.query(Sql::compose(sql), values).await.unwrap();
    let lines: Vec<_> = rows.iter().map(|row| row.text(3).unwrap().to_owned()).collect();
    lines.join("; ")
}

/// The plan of the next page in an order.
async fn plan_of(sort: Option<(&str, bool)>, filter: Option<&str>) -> String {
    let kind = Kind::new(&ResourceKind::users());
    let filter = filter.map(|text| Filter::parse(text).unwrap());
    let condition = Condition::of(filter.as_ref(), &kind);
    let sort = sort.map(|(by, descending)| Sort::parse(by, descending, &kind.schema).unwrap());
    let order = match &condition.equality {
        Some(equality) if sort.is_none() => Order::of_equal(equality),
        _ => Order::of(sort.as_ref(), &kind).unwrap(),
    };
    let (mut sql, mut values) = order.select(&kind, shown_columns(&kind, &Projection::default()));
    if condition.equality.is_none() && !condition.is_every() {
        sql.push(" AND ");
        sql.extend(&condition.sql);
        values.extend(condition.values);
    }
    let (text, after) = order.after(&Cursor { total: 9, number: 7, key: None });
    sql.push(text);
    values.extend(after);
    sql.push(order.by());
    sql.push(" LIMIT ? OFFSET ?");
    values.extend([100_i64.into(), 0_i64.into()]);
    plan(sql, values).await
}

#[tokio::test]
async fn a_page_in_every_order_is_read_from_where_it_begins() {
    for sort in [
        None,
        Some(("userName", false)),
        Some(("userName", true)),
        Some(("displayName", true)),
        Some(("meta.lastModified", false)),
        Some(("id", true)),
    ] {
        let plan = plan_of(sort, None).await;
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{sort:?}: {plan}");
    }
}

#[tokio::test]
async fn one_value_leads_to_its_resources() {
    for filter in
        ["userName eq \"ada\"", "externalId eq \"1\"", "emails.value eq \"a\"", "active eq true"]
    {
        let plan = plan_of(None, Some(filter)).await;
        assert!(plan.starts_with("SEARCH v USING PRIMARY KEY (attribute=? AND value=?"), "{plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{filter}: {plan}");
    }
}

#[tokio::test]
async fn a_narrow_condition_leads_the_query() {
    for filter in [
        "id eq \"1\"",
        "userName eq \"ada\" and active eq true",
        "userName eq \"ada\" or externalId eq \"1\"",
    ] {
        let plan = plan_of(None, Some(filter)).await;
        assert!(!plan.contains("SCAN r"), "{filter}: {plan}");
    }
}
