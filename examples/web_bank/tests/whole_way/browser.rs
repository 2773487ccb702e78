//! A headless Chromium, driven by the DevTools protocol over a pair of pipes. It waits for events, and never sleeps.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

/// An answer that takes longer fails the test.
const PATIENCE: Duration = Duration::from_secs(60);
/// A telephone and a desk.
const WIDTHS: [u32; 2] = [390, 1280];

/// A browser with one page.
pub struct Browser {
    chromium: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    events: VecDeque<Value>,
    session: Option<String>,
    /// The id by which the browser loaded the page.
    loader: Value,
    last_id: u64,
    shots: Option<PathBuf>,
    /// Removed with the browser.
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser; none, if the program is missing. With `CI` set it must be there.
    pub fn start() -> Option<Self> {
        let program = ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .find(|name| Command::new(name).arg("--version").output().is_ok());
        let Some(program) = program else {
            assert!(std::env::var_os("CI").is_none(), "install chromium");
            println!("skipped: there is no chromium");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The protocol takes the file descriptors 3 and 4.
        let mut chromium = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#])
            .args([program, "--headless=new", "--no-sandbox", "--disable-gpu"])
            .args([
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--hide-scrollbars",
            ])
            .args(["--disable-background-networking", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, out) = (
            chromium.stdin.take().unwrap(),
            chromium.stdout.take().unwrap(),
        );
        let (sender, from) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(out).split(0) {
                let Ok(message) = message else { return };
                if sender
                    .send(serde_json::from_slice(&message).unwrap())
                    .is_err()
                {
                    return;
                }
            }
        });
        let mut browser = Self {
            chromium,
            to,
            from,
            events: VecDeque::new(),
            session: None,
            loader: Value::Null,
            last_id: 0,
            shots: std::env::var_os("SHOTS").map(PathBuf::from),
            _profile: profile,
        };
        let target = browser.ask("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.ask("Target.attachToTarget", attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        browser.ask("Page.enable", json!({}));
        browser.ask("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
        Some(browser)
    }

    /// Asks the browser, and returns its answer. Events that come meanwhile are kept.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(&[0]).unwrap();
        loop {
            let answer = self
                .from
                .recv_timeout(PATIENCE)
                .expect("the browser answers");
            if answer["id"] == json!(self.last_id) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push_back(answer);
        }
    }

    /// Waits until a page is loaded that `is_it` takes by its loader.
    fn wait_for_load(&mut self, is_it: impl Fn(&Value) -> bool) {
        loop {
            let event = match self.events.pop_front() {
                Some(event) => event,
                None => self.from.recv_timeout(PATIENCE).expect("the page loads"),
            };
            let params = &event["params"];
            let is_load = event["method"] == "Page.lifecycleEvent" && params["name"] == "load";
            if is_load && is_it(&params["loaderId"]) {
                self.loader = params["loaderId"].clone();
                return;
            }
        }
    }

    pub fn run(&mut self, script: &str) -> Value {
        let params = json!({"expression": script, "returnByValue": true});
        let result = self.ask("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{script}: {result}");
        result["result"]["value"].clone()
    }

    /// Opens an address.
    pub fn open(&mut self, address: &str) {
        let loaded = self.ask("Page.navigate", json!({"url": address}));
        assert!(
            loaded["errorText"].is_null(),
            "{address}: {}",
            loaded["errorText"]
        );
        self.wait_for_load(|loader| *loader == loaded["loaderId"]);
        self.look();
    }

    /// Fills in the form with this action, and presses its button.
    pub fn send(&mut self, action: &str, fields: &[(&str, &str)]) {
        let fields: serde_json::Map<_, _> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let script = format!(
            "{{ const form = document.querySelector('form[action=\"{action}\"]');
               for (const [name, value] of Object.entries({})) form.elements[name].value = value;
               form.querySelector('button').click(); }}",
            Value::Object(fields)
        );
        self.run(&script);
        let earlier = self.loader.clone();
        self.wait_for_load(|loader| *loader != earlier);
        self.look();
    }

    /// Returns all that a person reads on the page.
    pub fn text(&mut self) -> String {
        self.run("document.body.innerText")
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Returns the text of one element.
    pub fn text_of(&mut self, selector: &str) -> String {
        let script = format!("document.querySelector('{selector}').innerText");
        self.run(&script).as_str().unwrap().to_owned()
    }

    pub fn path(&mut self) -> String {
        self.run("location.pathname").as_str().unwrap().to_owned()
    }

    /// Asserts that the page says this.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        let whole = self.text();
        assert!(
            whole.contains(text),
            "`{text}` is not on the page:\n{whole}"
        );
    }

    /// Returns the value of the browser's `Cookie` header, also of cookies that no script reads.
    pub fn cookies(&mut self) -> String {
        let found = self.ask("Network.getCookies", json!({}));
        let cookies = found["cookies"].as_array().unwrap().iter();
        let pairs: Vec<_> = cookies
            .map(|cookie| {
                assert_eq!(
                    (&cookie["httpOnly"], &cookie["sameSite"]),
                    (&json!(true), &json!("Strict"))
                );
                format!(
                    "{}={}",
                    cookie["name"].as_str().unwrap(),
                    cookie["value"].as_str().unwrap()
                )
            })
            .collect();
        pairs.join("; ")
    }

    /// Asserts that the page fits a telephone and a desk, and that it ran no script. With `SHOTS` set, takes pictures.
    fn look(&mut self) {
        for width in WIDTHS {
            let is_telephone = width < 500;
            let screen = json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": is_telephone});
            self.ask("Emulation.setDeviceMetricsOverride", screen);
            let needed = self
                .run("document.documentElement.scrollWidth")
                .as_u64()
                .unwrap();
            let path = self.path();
            assert!(
                needed <= u64::from(width),
                "{path} is {needed} wide on {width}"
            );
            let Some(shots) = self.shots.clone() else {
                continue;
            };
            let height = self.run("document.documentElement.scrollHeight");
            let shot = self.ask(
                "Page.captureScreenshot",
                json!({"captureBeyondViewport": true, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}),
            );
            let bytes = Base64::decode_vec(shot["data"].as_str().unwrap()).unwrap();
            let name = format!("{:04}{}-{width}.png", self.last_id, path.replace('/', "-"));
            std::fs::write(shots.join(name), bytes).unwrap();
        }
        assert_eq!(self.run("document.scripts.length"), json!(0));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A browser that is asked ends all of its processes. It does not answer.
        let close = json!({"id": 0, "method": "Browser.close"}).to_string();
        let asked = self
            .to
            .write_all(close.as_bytes())
            .and_then(|()| self.to.write_all(&[0]));
        if asked.is_err() {
            drop(self.chromium.kill());
        }
        drop(self.chromium.wait());
    }
}
