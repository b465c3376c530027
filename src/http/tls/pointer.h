#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace koppla::http::tls {

/// OpenSSL's objects, owned.
template <auto release>
struct Release {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};
using BioPointer = std::unique_ptr<BIO, Release<BIO_free_all>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using CertificatePointer = std::unique_ptr<X509, Release<X509_free>>;
using StorePointer = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
using ContextPointer = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using SslPointer = std::unique_ptr<SSL, Release<SSL_free>>;

/// OpenSSL's words for this thread's last failure; clears its error queue.
std::string last_failure();

/// For OpenSSL's readers of keys: none is asked for on the terminal.
int no_passphrase(char* text, int size, int purpose, void* with);

}  // namespace koppla::http::tls
