#include "http/tls/trust.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>
#include <openssl/pem.h>

namespace koppla::http::tls {
namespace {

/// The system's folder is searched by a hash of the name when a certificate is met. The system's one large
/// file holds the same and takes tens of milliseconds to read, so it is read only where the environment says
/// so.
bool add_system(X509_STORE& store) {
    auto* folder = X509_STORE_add_lookup(&store, X509_LOOKUP_hash_dir());
    if (folder == nullptr || X509_LOOKUP_add_dir(folder, nullptr, X509_FILETYPE_DEFAULT) != 1) return false;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program sets its environment
    if (std::getenv(X509_get_default_cert_file_env()) == nullptr) return true;
    auto* file = X509_STORE_add_lookup(&store, X509_LOOKUP_file());
    return file != nullptr && X509_LOOKUP_load_file(file, nullptr, X509_FILETYPE_DEFAULT) == 1;
}

Result<void> add_file(X509_STORE& store, const std::string& file) {
    ERR_clear_error();
    errno = 0;
    const BioPointer input{BIO_new_file(file.c_str(), "r")};
    if (!input) {
        const auto reason = std::generic_category().message(errno);
        ERR_clear_error();
        return error(ErrorKind::invalid, fmt::format("can't read the CA file {}: {}", file, reason));
    }
    int count = 0;
    while (const CertificatePointer certificate{PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr)}) {
        if (X509_STORE_add_cert(&store, certificate.get()) != 1) {
            return error(ErrorKind::invalid, fmt::format("the CA file {}: {}", file, last_failure()));
        }
        ++count;
    }
    const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const auto reason = last_failure();
    if (!is_at_end) {
        return error(ErrorKind::invalid, fmt::format("the CA file {} is damaged after {} certificate(s): {}",
                                                     file, count, reason));
    }
    if (count == 0) {
        return error(ErrorKind::invalid,
                     fmt::format("the CA file {} holds no certificate in PEM form (\"-----BEGIN "
                                 "CERTIFICATE-----\")",
                                 file));
    }
    return {};
}

}  // namespace

Result<StorePointer> trusted_authorities(const std::optional<std::string>& ca_file) {
    StorePointer store{X509_STORE_new()};
    if (!store || !add_system(*store)) {
        return error(ErrorKind::invalid, "can't use the system's certificate authorities: " + last_failure());
    }
    // A person may trust one intermediate or one server without trusting the authority above it.
    X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    if (ca_file) TRY(add_file(*store, *ca_file));
    return store;
}

}  // namespace koppla::http::tls
