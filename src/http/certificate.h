#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

#include <string>
#include <string_view>
#include <vector>

namespace koppla::http {

/// What a certificate shall say.
struct CertificateRequest {
    std::string common_name;
    std::vector<std::string> names;  ///< subject alternative names: DNS names and IP addresses
    int days_valid = 3650;           ///< from now; negative: expired so long ago
    int days_before = 1;             ///< valid from so long before now
};

/// A key pair with its certificate, both PEM. Keys are ECDSA P-256.
struct Certificate {
    std::string certificate_pem;
    std::string private_key_pem;
};

/// A new private certificate authority.
Result<Certificate> make_authority(const CertificateRequest& request);
/// A server certificate signed by `authority`; without one it is signed by itself.
Result<Certificate> make_server_certificate(const CertificateRequest& request, const Certificate* authority);

/// A new RSA key of 2,048 bits, PEM: for signing logins, where CRMs take no other kind.
Result<Secret> make_signing_key();
/// A certificate of that key, signed by itself, PEM: what a CRM knows the key by.
Result<std::string> make_signing_certificate(const CertificateRequest& request, const Secret& key_pem);

/// What a certificate is known by, and from when to when it holds.
struct CertificateFacts {
    std::string sha1, sha256;  ///< thumbprints, bytes
    Instant begins, ends;
};
/// `invalid` for what is no certificate in PEM.
Result<CertificateFacts> read_certificate(std::string_view pem);
/// `invalid` unless the certificate is of that key, both PEM.
Result<void> check_pair(std::string_view certificate_pem, const Secret& key_pem);

}  // namespace koppla::http
