#include "http/curl/failure.h"

#include "base/result.h"
#include "http/curl/destination.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

namespace koppla::http {
namespace {

/// A proxy's address without the user name and password it may carry.
std::string without_user(std::string_view proxy) {
    const auto scheme = proxy.find("://");
    const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
    const auto at = proxy.rfind('@');
    if (at == std::string_view::npos || at < host) return std::string{proxy};
    return fmt::format("{}{}", proxy.substr(0, host), proxy.substr(at + 1));
}

/// " through the proxy …", or nothing.
std::string by_way_of(const Transport& transport) {
    if (transport.proxy) {
        return transport.proxy->empty() ? "" : " through the proxy " + without_user(*transport.proxy);
    }
    for (const char* variable : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program sets its environment
        if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') {
            return fmt::format(" (where NO_PROXY doesn't except it, through the proxy {} of {})",
                               without_user(value), variable);
        }
    }
    return "";
}

long verify_result(CURL* easy) {
    long result = X509_V_OK;
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &result);
    return result;
}

/// The names that the server's certificate is for. It comes from outside: cut, and only plain characters.
std::string certified_names(CURL* easy) {
    constexpr std::string_view label = "X509v3 Subject Alternative Name:";
    curl_certinfo* info = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || info == nullptr ||
        info->num_of_certs == 0) {
        return "other names";
    }
    for (const auto* entry = *info->certinfo; entry != nullptr; entry = entry->next) {
        std::string_view line = entry->data;
        if (!line.starts_with(label)) continue;
        std::string names{line.substr(label.size(), 200)};
        std::replace_if(
            names.begin(), names.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
        return names;
    }
    return "no name at all";
}

std::string certificate_words(const FailedTransfer& failed) {
    const auto server = fmt::format("the certificate of {}:{}", failed.url.host, failed.url.port);
    const auto result = verify_result(failed.easy);
    switch (result) {
        case X509_V_OK:
        case X509_V_ERR_UNSPECIFIED:  // libcurl compares names before it takes over the verdict
            return fmt::format(
                "{} is for {}, not for {}: either the address is wrong, or another machine answers in its "
                "place; use the name that the certificate holds, or have its operator correct it",
                server, certified_names(failed.easy), failed.url.host);
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return server + " has expired: its operator has to renew it (or this machine's clock is wrong)";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return server + " is not valid yet: this machine's clock may be wrong";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return server +
                   " is self-signed, so nobody vouches for it: if it is the one you expect, give it "
                   "to the account with --ca FILE";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return server +
                   " comes from an authority that this machine doesn't know: if it is your "
                   "organisation's own, give the authority's certificate to the account with --ca FILE";
        default:
            return fmt::format("{} doesn't hold: {}", server, X509_verify_cert_error_string(result));
    }
}

std::string seconds(std::chrono::milliseconds span) {
    return fmt::format("{:g} s", std::chrono::duration<double>(span).count());
}

std::string connection_words(const FailedTransfer& failed) {
    const auto& url = failed.url;
    const auto way = by_way_of(failed.transport);
    switch (failed.code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return fmt::format("the host {} can't be found: check its spelling and this machine's network{}",
                               url.host, way);
        case CURLE_COULDNT_RESOLVE_PROXY:
            return fmt::format("the proxy can't be found: {}{}", failed.words, way);
        case CURLE_OPERATION_TIMEDOUT:
            return fmt::format("no connection to {}:{}{} within {}", url.host, url.port, way,
                               seconds(failed.transport.connect_time_max));
        case CURLE_SSL_CONNECT_ERROR:
            return fmt::format("no TLS connection to {}:{}{}: {} (TLS 1.2 or newer is needed)", url.host,
                               url.port, way, failed.words);
        default:
            return fmt::format("can't connect to {}:{}{}: {}", url.host, url.port, way, failed.words);
    }
}

/// The proxy's own refusal to open the way, or 0.
long proxy_refusal(CURL* easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return status >= 200 && status <= 299 ? 0 : status;
}

std::string proxy_words(const FailedTransfer& failed, long status) {
    return fmt::format(
        "the proxy refused to connect to {}:{} (status {}{}){}", failed.url.host, failed.url.port, status,
        status == 407 ? ": it wants another user name or password" : "", by_way_of(failed.transport));
}

}  // namespace

Error explain(const FailedTransfer& failed) {
    const auto what = describe(failed.request);
    const auto say = [&](ErrorKind kind, const std::string& words) {
        return error(kind, what + ": " + words);
    };
    if (failed.code == CURLE_PEER_FAILED_VERIFICATION)
        return say(ErrorKind::denied, certificate_words(failed));
    if (failed.code == CURLE_URL_MALFORMAT) return say(ErrorKind::invalid, "not a URL: " + failed.words);
    if (failed.code == CURLE_OUT_OF_MEMORY) return say(ErrorKind::unavailable, "out of memory");
    if (!failed.was_sending) {
        if (const auto status = proxy_refusal(failed.easy); status != 0) {
            return say(status == 407 ? ErrorKind::denied : ErrorKind::unavailable,
                       proxy_words(failed, status));
        }
        return say(ErrorKind::unavailable, connection_words(failed));
    }
    if (failed.body_bytes > 0) {
        return say(ErrorKind::in_doubt,
                   fmt::format("the answer was cut after {} bytes: {}", failed.body_bytes, failed.words));
    }
    return say(ErrorKind::in_doubt,
               fmt::format("the request was sent, but no whole answer came: {}", failed.words));
}

}  // namespace koppla::http
