//! `rediss://`: an authority of the bank's own, a name that fits or not, a certificate of the host.

use super::*;
use crate::support::programs::is_there;
use countersign::store::redis::AsyncRedisStore;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Writes the keys and certificates of an authority, a server `localhost` and a client.
fn certify(folder: &Path) {
    const SCRIPT: &str = "
        new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
        $new -x509 -days 2 -subj /CN=authority -keyout authority.key -out authority.pem
        for name in server client; do
            $new -subj /CN=$name -keyout $name.key -out $name.request
            echo 'subjectAltName=DNS:localhost' >extensions
            openssl x509 -req -days 2 -in $name.request -CA authority.pem -CAkey authority.key -CAcreateserial \\
                -extfile extensions -out $name.pem
        done";
    let output = Command::new("sh")
        .args(["-e", "-c", SCRIPT])
        .current_dir(folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

#[test]
fn redis_over_tls_checks_the_name_and_the_authority() {
    let test = "redis_over_tls_checks_the_name_and_the_authority";
    if !is_there(Command::new("openssl").arg("version"), "openssl", test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    // A second port, for TLS only.
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = probe.local_addr().unwrap().port();
    drop(probe);
    let (port_text, file) = (port.to_string(), |name: &str| {
        folder.path().join(name).to_str().unwrap().to_owned()
    });
    let (cert, secret, authority) = (
        file("server.pem"),
        file("server.key"),
        file("authority.pem"),
    );
    let arguments = [
        "--save",
        "",
        "--tls-port",
        &port_text,
        "--tls-cert-file",
        &cert,
        "--tls-key-file",
        &secret,
        "--tls-ca-cert-file",
        &authority,
    ];
    let Some(server) = RedisServer::start_in(test, folder, &arguments) else {
        return;
    };
    let read = |name: &str| fs::read(server.folder().join(name)).unwrap();
    let at = |host: &str| RedisOptions::new(&format!("rediss://{host}:{port}")).unwrap();
    let trusts = |options: RedisOptions| options.with_root_certificates(&read("authority.pem"));
    let shows = |options: RedisOptions| {
        options.with_client_certificate(&read("client.pem"), &read("client.key"))
    };

    let options = shows(trusts(apart(at("localhost"))).unwrap()).unwrap();
    let store = RedisStore::with_options(&options).unwrap();
    assert_eq!(
        store.replace(&key(1), None, &entry(1)).unwrap(),
        Replaced::Stored
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = AsyncRedisStore::with_options(&options).await.unwrap();
        let loaded = countersign::store::AsyncStore::load(&store, &key(1)).await;
        assert_eq!(loaded.unwrap(), Some(entry(1)));
    });
    for (refused, why) in [
        (shows(at("localhost")).unwrap(), "UnknownIssuer"),
        (
            shows(trusts(at("127.0.0.1")).unwrap()).unwrap(),
            "not valid for name",
        ),
        (trusts(at("localhost")).unwrap(), "CertificateRequired"),
    ] {
        let error = RedisStore::with_options(&refused).unwrap_err();
        assert!(cause(&error).contains(why), "{why}: {error:?}");
        assert!(
            runtime
                .block_on(AsyncRedisStore::with_options(&refused))
                .is_err()
        );
    }
    // An address with TLS of a port without it: the error names the way out.
    let plain = format!("rediss://localhost:{}", server.port());
    let plain = trusts(RedisOptions::new(&plain).unwrap()).unwrap();
    let plain = plain.with_patience(Duration::from_millis(300)).unwrap();
    for error in [
        RedisStore::with_options(&plain).unwrap_err(),
        runtime
            .block_on(AsyncRedisStore::with_options(&plain))
            .unwrap_err(),
    ] {
        assert!(
            cause(&error).contains("begin the address with redis://"),
            "{error:?}"
        );
    }
    let insecure = RedisOptions::new("rediss://localhost:6380/#insecure");
    assert!(insecure.unwrap_err().is_misuse());
    // Certificates for an address without TLS are a mistake.
    assert!(trusts(server.options()).unwrap_err().is_misuse());
    assert!(
        at("localhost")
            .with_root_certificates(b"none")
            .unwrap_err()
            .is_misuse()
    );
    assert!(!format!("{options:?}").contains("PRIVATE"), "{options:?}");
}
