//! The one writer of a process, with group commit.
//!
//! A synced commit costs the disk the same for one transaction as for many. So
//! the writer runs each transaction that it finds in a savepoint of its own, goes on
//! until the queue is empty, commits once, and only then answers: nobody hears "done"
//! before it is on the disk, and one transaction's failure undoes that one alone.
//!
//! Clients that were answered together come back together, a little later. Where the
//! last group was larger than this one is, the writer waits for them as long as a commit
//! takes: else the first to arrive would have one of its own, and all others wait for two.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{
    Migration, Rows, Step, StoreError, Tuning, connection::Link, error::Failure, migration,
};

/// Most transactions in one commit, so that the first never waits long for the last.
pub(crate) const GROUP_TRANSACTIONS_MAX: usize = 256;

/// The longest that a group waits for transactions that are not there yet.
const GATHERING_TIME_MAX: Duration = Duration::from_millis(2);

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

/// The way to the writer. Its thread ends when the last queue is dropped.
pub(crate) struct Queue {
    sender: mpsc::Sender<Queued>,
    places: Arc<Semaphore>,
}

/// A request and its place in the queue, which is free again when the request is taken.
type Queued = (Request, OwnedSemaphorePermit);

impl Queue {
    pub(crate) async fn send(&self, request: Request) -> Result<(), StoreError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| StoreError::Closed)?;
        self.sender.send((request, place)).map_err(|_| StoreError::Closed)
    }
}

/// Opens the data file, migrates it, and starts the writer's thread.
pub(crate) fn start(
    path: &Path,
    migrations: &[Migration],
    tuning: Tuning,
) -> Result<Queue, StoreError> {
    let link = Link::write(path, tuning)?;
    migration::migrate(link.connection(), migrations, link.path())?;
    let (sender, receiver) = mpsc::channel();
    let name = link.path().to_owned();
    thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || serve(link, &receiver))
        .map_err(|error| Failure::CannotOpen(error.to_string()).at(&name))?;
    Ok(Queue { sender, places: Arc::new(Semaphore::new(QUEUE_MAX)) })
}

fn serve(mut link: Link, queue: &mpsc::Receiver<Queued>) {
    let mut last = Experience::default();
    while let Ok((first, _)) = queue.recv() {
        let mut group = Group::new(queue, first, last);
        let answers = commit(&mut link, &mut group);
        last.count = group.taken.len();
        last.commit_time = group.commit_time.unwrap_or(last.commit_time);
        for ((_, sender), answer) in group.taken.into_iter().zip(answers) {
            let _ = sender.send(answer);
        }
        for sender in group.questions {
            let _ = sender.send(link.data_version());
        }
    }
}

/// What the last group was like, and the next may be.
#[derive(Debug, Clone, Copy, Default)]
struct Experience {
    /// How many transactions it had.
    count: usize,
    /// How long the disk took for them.
    commit_time: Duration,
}

/// The transactions of one commit: those that were taken from the queue, and those that
/// will be.
struct Group<'q> {
    queue: &'q mpsc::Receiver<Queued>,
    taken: Vec<Transaction>,
    questions: Vec<Answer<i64>>,
    /// As many as this are waited for, and as long.
    last: Experience,
    /// When the waiting began.
    waiting_since: Option<Instant>,
    /// How long the disk took.
    commit_time: Option<Duration>,
}

impl<'q> Group<'q> {
    fn new(queue: &'q mpsc::Receiver<Queued>, first: Request, last: Experience) -> Self {
        let mut group = Self {
            queue,
            taken: Vec::new(),
            questions: Vec::new(),
            last,
            waiting_since: None,
            commit_time: None,
        };
        group.put(first);
        group
    }

    /// Takes one more transaction; whether there was one.
    fn grow(&mut self) -> bool {
        let before = self.taken.len();
        while self.taken.len() == before && before < GROUP_TRANSACTIONS_MAX {
            let Some(request) = self.next() else { return false };
            self.put(request);
        }
        self.taken.len() > before
    }

    fn put(&mut self, request: Request) {
        match request {
            Request::Transaction(steps, answer) => self.taken.push((steps, answer)),
            Request::ChangeVersion(answer) => self.questions.push(answer),
        }
    }

    fn next(&mut self) -> Option<Request> {
        if let Ok((request, _)) = self.queue.try_recv() {
            return Some(request);
        }
        if self.taken.len() >= self.last.count {
            return None;
        }
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let patience = self.last.commit_time.min(GATHERING_TIME_MAX);
        let rest = patience.saturating_sub(since.elapsed());
        self.queue.recv_timeout(rest).ok().map(|(request, _)| request)
    }
}

type Answers = Vec<Result<Vec<Rows>, StoreError>>;

/// Commits the group at once; if that fails as a whole, each transaction alone,
/// so that one too large for the disk does not fail its neighbours.
fn commit(link: &mut Link, group: &mut Group<'_>) -> Answers {
    if group.taken.is_empty() {
        return Vec::new();
    }
    match run_group(link, group) {
        Ok(answers) => answers,
        Err(error) if group.taken.len() == 1 || error.is_locked() => {
            vec![Err(error); group.taken.len()]
        }
        Err(_) => group.taken.iter().map(|(steps, _)| run_alone(link, steps)).collect(),
    }
}

/// Runs the group in one commit. An error means that nothing of it was kept.
fn run_group(link: &mut Link, group: &mut Group<'_>) -> Result<Answers, StoreError> {
    let (answers, commit_time) = in_one_commit(link, |link| {
        let mut answers = Vec::new();
        while answers.len() < group.taken.len() || group.grow() {
            answers.push(run_savepoint(link, &group.taken[answers.len()].0)?);
        }
        Ok(answers)
    })?;
    group.commit_time = Some(commit_time);
    Ok(answers)
}

fn run_alone(link: &mut Link, steps: &[Step]) -> Result<Vec<Rows>, StoreError> {
    in_one_commit(link, |link| run_savepoint(link, steps))?.0
}

/// Does the work and commits it; also gives how long the commit took.
fn in_one_commit<T>(
    link: &mut Link,
    work: impl FnOnce(&mut Link) -> Result<T, StoreError>,
) -> Result<(T, Duration), StoreError> {
    link.run("BEGIN IMMEDIATE")?;
    let ran = work(link).and_then(|answers| {
        let begun = Instant::now();
        link.run("COMMIT")?;
        Ok((answers, begun.elapsed()))
    });
    if ran.is_err() && !link.is_idle() {
        // Closing without it would undo as well; a failure here changes nothing.
        let _ = link.run("ROLLBACK");
    }
    ran
}

/// Runs one transaction of a group. The outer error means that the whole group is lost.
fn run_savepoint(
    link: &mut Link,
    steps: &[Step],
) -> Result<Result<Vec<Rows>, StoreError>, StoreError> {
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
    Ok(answer)
}

fn run_steps(link: &mut Link, steps: &[Step]) -> Result<Vec<Rows>, StoreError> {
    steps.iter().enumerate().map(|(index, step)| link.step(index, step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of the write-ahead log: a page and its header. Each commit writes one at least.
    const FRAME_BYTES: u64 = 4096 + 24;

    type Answered = oneshot::Receiver<Result<Vec<Rows>, StoreError>>;

    fn insert(number: i64) -> Step {
        Step::Execute("INSERT INTO note VALUES ($1)", vec![number.into()])
    }

    fn notes(folder: &tempfile::TempDir) -> Link {
        let mut link = Link::write(&folder.path().join("test.db"), Tuning::default()).unwrap();
        link.run("CREATE TABLE note (number BIGINT NOT NULL PRIMARY KEY)").unwrap();
        link
    }

    fn queued(steps: Vec<Step>) -> (Queued, Answered) {
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let (sender, receiver) = oneshot::channel();
        ((Request::Transaction(steps, sender), place), receiver)
    }

    #[test]
    fn a_group_is_one_commit_and_a_failure_in_it_stays_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut link = notes(&folder);
        let log = folder.path().join("test.db-wal");
        let before = std::fs::metadata(&log).unwrap().len();
        let (sender, queue) = mpsc::channel();
        // Every eighth transaction repeats a number after having written another one.
        for number in 0..64 {
            let steps = if number % 8 == 7 {
                vec![insert(1000 + number), insert(number - 1)]
            } else {
                vec![insert(number)]
            };
            sender.send(queued(steps).0).unwrap();
        }
        let first = queue.recv().unwrap().0;
        let mut group = Group::new(&queue, first, Experience::default());
        let answers = commit(&mut link, &mut group);
        assert_eq!((answers.len(), group.taken.len()), (64, 64));
        assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 8);
        let steps = [Step::Query("SELECT count(*), max(number) FROM note", vec![])];
        let rows = run_steps(&mut link, &steps).unwrap();
        let row = rows[0].first().unwrap();
        assert_eq!((row.integer(0).unwrap(), row.integer(1).unwrap()), (56, 62));
        let written = std::fs::metadata(&log).unwrap().len() - before;
        assert!(written < 10 * FRAME_BYTES, "{written} bytes are more than one commit");
    }

    #[test]
    fn a_group_has_a_limit_and_leaves_the_rest_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut link = notes(&folder);
        let (sender, queue) = mpsc::channel();
        for number in 0..=GROUP_TRANSACTIONS_MAX {
            sender.send(queued(vec![insert(i64::try_from(number).unwrap())]).0).unwrap();
        }
        let first = queue.recv().unwrap().0;
        let mut group =
            Group::new(&queue, first, Experience { count: usize::MAX, ..Experience::default() });
        assert_eq!(commit(&mut link, &mut group).len(), GROUP_TRANSACTIONS_MAX);
        assert!(queue.try_recv().is_ok() && queue.try_recv().is_err());
    }

    #[test]
    fn whoever_is_answered_has_its_own_answer() {
        let folder = tempfile::tempdir().unwrap();
        let link = notes(&folder);
        let (sender, queue) = mpsc::channel();
        let (one, mut first) = queued(vec![insert(1)]);
        let (two, mut second) = queued(vec![insert(1)]);
        sender.send(one).unwrap();
        sender.send(two).unwrap();
        drop(sender);
        serve(link, &queue);
        assert!(first.try_recv().unwrap().is_ok());
        assert!(matches!(second.try_recv().unwrap(), Err(StoreError::Unique { .. })));
    }
}
