//! TLS of blocking connections: the authorities that are trusted, and the host's own certificate.

use std::io;

use redis::TlsCertificates;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// Gives `rustls` a provider, unless the host has chosen one: without one, a TLS connection panics.
pub(super) fn provide() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// Returns what a connection needs. Without an authority of the host's own, the system's are read from disk.
pub(super) fn configured(certificates: &TlsCertificates) -> io::Result<ClientConfig> {
    provide();
    let mut roots = RootCertStore::empty();
    match &certificates.root_cert {
        Some(pem) => {
            for root in CertificateDer::pem_slice_iter(pem) {
                let root = root.map_err(io::Error::other)?;
                roots.add(root).map_err(io::Error::other)?;
            }
        }
        None => {
            // Certificates that the system cannot read, or keeps in an old form, are not trusted.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let config = ClientConfig::builder().with_root_certificates(roots);
    let Some(own) = &certificates.client_tls else {
        return Ok(config.with_no_client_auth());
    };
    let chain = CertificateDer::pem_slice_iter(&own.client_cert).collect::<Result<_, _>>();
    let chain = chain.map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(&own.client_key).map_err(io::Error::other)?;
    let config = config.with_client_auth_cert(chain, key);
    config.map_err(io::Error::other)
}
