#include "sandbox/web/certificate.h"

#include "http/tls/pointer.h"

#include <ctime>

#include <openssl/pem.h>

namespace koppla::sandbox {
namespace {

using http::tls::BioPointer;
using http::tls::CertificatePointer;

Error failed(std::string_view what) {
    return error(ErrorKind::invalid, std::string{what} + ": " + http::tls::last_failure());
}

Result<CertificatePointer> read_certificate(std::string_view pem) {
    ERR_clear_error();
    const BioPointer text{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    CertificatePointer certificate{PEM_read_bio_X509(text.get(), nullptr, http::tls::no_passphrase, nullptr)};
    if (!certificate) return failed("it is no certificate in PEM");
    return certificate;
}

}  // namespace

Result<std::string> certificate_bytes(std::string_view pem) {
    const auto certificate = TRY(read_certificate(pem));
    const BioPointer memory{BIO_new(BIO_s_mem())};
    if (i2d_X509_bio(memory.get(), certificate.get()) != 1) return failed("the certificate can't be written");
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &data);
    return std::string{data, static_cast<std::size_t>(size)};
}

std::string certificate_pem(std::string_view bytes) {
    std::string body(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const auto size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(body.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    body.resize(static_cast<std::size_t>(size));
    std::string pem = "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t at = 0; at < body.size(); at += 64) pem += body.substr(at, 64) + "\n";
    return pem + "-----END CERTIFICATE-----\n";
}

Result<Instant> certificate_end(std::string_view pem) {
    const auto certificate = TRY(read_certificate(pem));
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1)
        return failed("the certificate's end can't be read");
    return Instant{std::chrono::seconds{timegm(&end)}};
}

}  // namespace koppla::sandbox
