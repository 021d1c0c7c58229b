//! The one writer of a process, with group commit.
//!
//! A synced commit costs the disk the same for one transaction as for many. So
//! the writer takes all that is queued, runs each transaction in a savepoint of
//! its own, commits once, and only then answers: nobody hears "done" before it
//! is on the disk, and one transaction's failure undoes that one alone.

use std::{path::Path, thread};

use tokio::sync::{mpsc, oneshot};

use crate::{Migration, Rows, Step, StoreError, connection::Link, error::Failure, migration};

/// Most transactions in one commit, so that the first never waits long for the last.
pub(crate) const GROUP_TRANSACTIONS_MAX: usize = 64;

/// Transactions that may wait in the queue; whoever comes later waits to be queued.
const QUEUE_MAX: usize = 1024;

/// What the writer is asked to do.
pub(crate) enum Request {
    /// Runs the steps as one transaction.
    Transaction(Vec<Step>, Answer<Vec<Rows>>),
    /// Tells a number that differs once another process has committed.
    ChangeVersion(Answer<i64>),
}

/// Where the answer goes. Whoever stopped waiting is not told, yet it is done.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

type Transaction = (Vec<Step>, Answer<Vec<Rows>>);

/// Opens the data file, migrates it, and starts the writer's thread. The thread
/// ends when the last sender is dropped and the queue is empty.
pub(crate) fn start(
    path: &Path,
    migrations: &[Migration],
) -> Result<mpsc::Sender<Request>, StoreError> {
    let link = Link::write(path)?;
    migration::migrate(link.connection(), migrations, link.path())?;
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let name = link.path().to_owned();
    thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || serve(link, receiver))
        .map_err(|error| Failure::CannotOpen(error.to_string()).at(&name))?;
    Ok(sender)
}

fn serve(mut link: Link, mut queue: mpsc::Receiver<Request>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = Vec::new();
        let mut questions = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Transaction(steps, answer) => group.push((steps, answer)),
                Request::ChangeVersion(answer) => questions.push(answer),
            }
            next = (group.len() < GROUP_TRANSACTIONS_MAX).then(|| queue.try_recv().ok()).flatten();
        }
        commit(&mut link, group);
        for answer in questions {
            let _ = answer.send(link.data_version());
        }
    }
}

/// Commits the group at once; if that fails as a whole, each transaction alone,
/// so that one too large for the disk does not fail its neighbours.
fn commit(link: &mut Link, group: Vec<Transaction>) {
    if group.is_empty() {
        return;
    }
    let answers = match run_group(link, &group) {
        Ok(answers) => answers,
        Err(error) if group.len() == 1 || error.is_locked() => vec![Err(error); group.len()],
        Err(_) => group.iter().map(|one| run_alone(link, one)).collect(),
    };
    for ((_, sender), answer) in group.into_iter().zip(answers) {
        let _ = sender.send(answer);
    }
}

type Answers = Vec<Result<Vec<Rows>, StoreError>>;

/// Runs the group in one commit. An error means that nothing of it was kept.
fn run_group(link: &mut Link, group: &[Transaction]) -> Result<Answers, StoreError> {
    link.run("BEGIN IMMEDIATE")?;
    let ran = run_savepoints(link, group).and_then(|answers| {
        link.run("COMMIT")?;
        Ok(answers)
    });
    if ran.is_err() && !link.is_idle() {
        // Closing without it would undo as well; a failure here changes nothing.
        let _ = link.run("ROLLBACK");
    }
    ran
}

fn run_savepoints(link: &mut Link, group: &[Transaction]) -> Result<Answers, StoreError> {
    let mut answers = Vec::with_capacity(group.len());
    for (steps, _) in group {
        link.run("SAVEPOINT one")?;
        let answer = run_steps(link, steps);
        if let Err(error) = &answer {
            // A full disk or a failing one has ended the whole transaction.
            if link.is_idle() {
                return Err(error.clone());
            }
            link.run("ROLLBACK TO one")?;
        }
        link.run("RELEASE one")?;
        answers.push(answer);
    }
    Ok(answers)
}

fn run_alone(link: &mut Link, one: &Transaction) -> Result<Vec<Rows>, StoreError> {
    run_group(link, std::slice::from_ref(one))?.pop().unwrap_or(Err(StoreError::Closed))
}

fn run_steps(link: &mut Link, steps: &[Step]) -> Result<Vec<Rows>, StoreError> {
    steps.iter().enumerate().map(|(index, step)| link.step(index, step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of the write-ahead log: a page and its header. Each commit writes one at least.
    const FRAME_BYTES: u64 = 4096 + 24;

    #[test]
    fn a_group_is_one_commit_and_a_failure_in_it_stays_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut link = Link::write(&folder.path().join("test.db")).unwrap();
        link.run("CREATE TABLE note (number BIGINT NOT NULL PRIMARY KEY)").unwrap();
        let log = folder.path().join("test.db-wal");
        let before = std::fs::metadata(&log).unwrap().len();
        let mut answers = Vec::new();
        let insert =
            |number: i64| Step::Execute("INSERT INTO note VALUES ($1)", vec![number.into()]);
        // Every eighth transaction repeats a number after having written another one.
        let group = (0..64).map(|number| {
            let steps = if number % 8 == 7 {
                vec![insert(1000 + number), insert(number - 1)]
            } else {
                vec![insert(number)]
            };
            let (sender, receiver) = oneshot::channel();
            answers.push(receiver);
            (steps, sender)
        });
        let group = group.collect();
        commit(&mut link, group);
        let failed = |answer: &mut oneshot::Receiver<Result<Vec<Rows>, StoreError>>| {
            answer.try_recv().unwrap().is_err()
        };
        assert_eq!(answers.iter_mut().filter_map(|answer| failed(answer).then_some(())).count(), 8);
        let steps = [Step::Query("SELECT count(*), max(number) FROM note", vec![])];
        let rows = run_steps(&mut link, &steps).unwrap();
        let row = rows[0].first().unwrap();
        assert_eq!((row.integer(0).unwrap(), row.integer(1).unwrap()), (56, 62));
        let written = std::fs::metadata(&log).unwrap().len() - before;
        assert!(written < 10 * FRAME_BYTES, "{written} bytes are more than one commit");
    }
}
