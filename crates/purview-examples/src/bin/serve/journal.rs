use std::{
    fmt::Write as _,
    fs::File,
    io::{self, Write as _},
    mem,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The lines that clients sent, in memory first and in a file soon after.
#[derive(Debug)]
pub(crate) struct Journal(Arc<Pages>);

#[derive(Debug)]
struct Pages {
    file: Mutex<File>,
    unwritten: Mutex<Unwritten>,
}

#[derive(Debug, Default)]
struct Unwritten {
    text: String,
    /// All lines ever recorded, written or not.
    count: u64,
}

impl Journal {
    /// Appends to `path`, which need not exist.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create(true).open(path)?;
        Ok(Self(Arc::new(Pages {
            file: Mutex::new(file),
            unwritten: Mutex::default(),
        })))
    }

    /// Records a line and numbers it.
    pub(crate) fn record(&self, from: SocketAddr, line: &str) -> u64 {
        let mut unwritten = lock(&self.0.unwritten);
        unwritten.count += 1;
        let number = unwritten.count;
        writeln!(unwritten.text, "{number} {from} {line}").expect("a string takes any text");
        number
    }

    pub(crate) fn count(&self) -> u64 {
        lock(&self.0.unwritten).count
    }

    /// Writes what has been recorded, again and again; meant to be a daemon.
    pub(crate) async fn flush_every(&self, period: Duration) -> io::Result<()> {
        loop {
            purview::sleep(period).await;
            self.on_a_thread(Pages::write).await?;
        }
    }

    /// Writes the rest and waits until the disk has it; meant to be a finalizer.
    pub(crate) async fn close(&self) -> io::Result<()> {
        self.on_a_thread(|pages| {
            pages.write()?;
            lock(&pages.file).sync_all()
        })
        .await
    }

    /// Files block. A flush that is cancelled either has not started, and took nothing, or ends on its thread.
    async fn on_a_thread(&self, work: impl FnOnce(&Pages) -> io::Result<()> + Send + 'static) -> io::Result<()> {
        let pages = self.0.clone();
        blocking::unblock(move || work(&pages)).await
    }
}

impl Pages {
    fn write(&self) -> io::Result<()> {
        // The file first: a connection that waits for it takes its text after those before it have written theirs.
        let mut file = lock(&self.file);
        let text = mem::take(&mut lock(&self.unwritten).text);
        file.write_all(text.as_bytes())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
