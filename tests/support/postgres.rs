//! The PostgreSQL that the tests use: `TEST_POSTGRES_URL`'s, else a throwaway one from the installed binaries, else none. The servers under
//! test reach that of `TEST_POSTGRES_URL` by way of `TEST_POOLER_URL`, if that is set.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::{
        Arc, LazyLock, Mutex, Once, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use pgtemp::{PgTempDB, PgTempDBBuilder};
use sea_orm::{ConnectionTrait, Database};
use url::Url;

/// A server; a throwaway one ends with the last test that uses it.
#[derive(Clone)]
enum Server {
    Given(Url),
    Throwaway(Arc<PgTempDB>),
}

/// A database of one test's own.
pub struct TestDatabase {
    server: Server,
    name: String,
}

impl TestDatabase {
    /// Creates an empty database, or says loudly that there is no PostgreSQL to create it on.
    pub async fn create() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = Server::find()?;
        let name = format!("dovetail_test_{}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        // English by default, as many servers are: the program must not depend on it.
        let english =
            "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'";
        server.execute(&format!("CREATE DATABASE {name} {english}")).await;
        Some(Self { server, name })
    }

    /// Its URL, by way of the pooler, if there is one.
    pub fn url(&self) -> String {
        self.at(pooler().unwrap_or_else(|| self.server.url()))
    }

    /// The URL of the database itself.
    pub fn direct_url(&self) -> String {
        self.at(self.server.url())
    }

    fn at(&self, mut server: Url) -> String {
        server.set_path(&self.name);
        server.into()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A throwaway server takes its databases with it.
        if let Server::Given(_) = self.server {
            let (server, name) = (self.server.clone(), self.name.clone());
            let drop_database = async move { server.execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await };
            let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            thread::spawn(move || runtime().block_on(drop_database)).join().ok();
        }
    }
}

/// The pooler of the server of `TEST_POSTGRES_URL`, if there is one.
pub fn pooler() -> Option<Url> {
    Some(env::var("TEST_POOLER_URL").ok()?.parse().expect("TEST_POOLER_URL is a URL"))
}

impl Server {
    fn find() -> Option<Self> {
        static THROWAWAY: Mutex<Weak<PgTempDB>> = Mutex::new(Weak::new());
        if let Ok(url) = env::var("TEST_POSTGRES_URL") {
            return Some(Self::Given(url.parse().expect("TEST_POSTGRES_URL is a URL")));
        }
        let binaries = match &*BINARIES {
            Ok(binaries) => binaries,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        let mut throwaway = THROWAWAY.lock().unwrap_or_else(PoisonError::into_inner);
        let server = throwaway.upgrade().unwrap_or_else(|| {
            let settings = PgTempDBBuilder::new()
                .with_bin_path(binaries)
                .with_config_param("max_connections", "300")
                .with_config_param("shared_preload_libraries", "pg_stat_statements")
                // Nobody reads its log, and a full pipe would stop it.
                .with_config_param("log_min_messages", "panic");
            Arc::new(settings.start())
        });
        *throwaway = Arc::downgrade(&server);
        Some(Self::Throwaway(server))
    }

    fn url(&self) -> Url {
        match self {
            Self::Given(url) => url.clone(),
            Self::Throwaway(server) => server.connection_uri().parse().expect("pgtemp makes a URL"),
        }
    }

    async fn execute(&self, sql: &str) {
        let connection = Database::connect(self.url().as_str()).await.expect("the test server answers");
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// Where `initdb` and `postgres` are, or why they cannot be used.
static BINARIES: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let on_path = env::var_os("PATH").into_iter().flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    // Debian keeps them off the path, one folder a version.
    let debian =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|it| it.path().join("bin"));
    let mut folders = on_path.chain(debian);
    let folder = folders.find(|folder| folder.join("initdb").is_file()).ok_or("initdb is not installed")?;
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if is_root && !Path::new("/usr/bin/sudo").exists() {
        return Err("PostgreSQL does not run as root, and there is no sudo to run it as somebody else".to_owned());
    }
    Ok(folder)
});

/// Says once, past the test harness's capture, that PostgreSQL is not tested; fails instead if it has to be.
fn skip(why: &str) {
    static ONCE: Once = Once::new();
    assert!(env::var_os("TEST_POSTGRES_REQUIRED").is_none(), "PostgreSQL has to be tested, but {why}");
    ONCE.call_once(|| {
        let notice = format!(
            "\n*** POSTGRESQL IS NOT TESTED: {why}. ***\n\
             *** Install PostgreSQL 15 or later, or set TEST_POSTGRES_URL. ***\n"
        );
        std::io::stderr().write_all(notice.as_bytes()).ok();
    });
}
