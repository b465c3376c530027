#pragma once

#include "base/test/temporary_folder.h"
#include "http/certificate.h"
#include "http/curl_client.h"
#include "http/server.h"

#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace koppla::http {

/// A handler that is one function.
class Answering final : public Handler {
  public:
    using Function = std::function<void(const Request&, Exchange&)>;
    explicit Answering(Function function) : function_{std::move(function)} {}
    void answer(const Request& request, Exchange& exchange) override {
        ++requests;
        function_(request, exchange);
    }
    [[nodiscard]] bool reads_as_it_comes(const Request&) const override { return is_reading; }
    std::atomic<int> requests = 0;
    std::atomic<bool> is_reading = false;

  private:
    Function function_;
};

/// A server on a free port of loopback, with a certificate made for it by an authority made for it.
class Loopback {
  public:
    struct Setting {
        CertificateRequest certificate{.common_name = "localhost", .names = {"127.0.0.1", "localhost"}};
        bool is_self_signed = false;
        bool compresses = true;
        std::size_t body_bytes_max = std::size_t{200} << 20;
    };

    explicit Loopback(Answering::Function function) : Loopback{std::move(function), Setting{}} {}
    Loopback(Answering::Function function, const Setting& setting) : handler{std::move(function)} {
        // What the machine's environment trusts is nothing to a test, and takes half a second to read.
        [[maybe_unused]] static const int unset = unsetenv("SSL_CERT_FILE");
        const auto authority = make_authority({.common_name = "Loopback authority"}).value();
        const auto pair =
            make_server_certificate(setting.certificate, setting.is_self_signed ? nullptr : &authority)
                .value();
        ca_file = folder.write("ca.pem", authority.certificate_pem);
        certificate_file = folder.write("server.pem", pair.certificate_pem);
        private_key_file = folder.write("server.key", pair.private_key_pem);
        server = Server::start({.certificate_file = certificate_file,
                                .private_key_file = private_key_file,
                                .body_bytes_max = setting.body_bytes_max,
                                .compresses = setting.compresses},
                               handler)
                     .value();
    }

    [[nodiscard]] std::string url(const std::string& path = "/") const {
        return "https://127.0.0.1:" + std::to_string(server->port()) + path;
    }
    [[nodiscard]] Transport transport() const {
        return {.ca_file = ca_file, .proxy = "", .allowed_hosts = {"127.0.0.1", "localhost"}};
    }

    TemporaryFolder folder;
    Answering handler;
    std::string ca_file;
    std::string certificate_file;
    std::string private_key_file;
    std::unique_ptr<Server> server;
};

inline Answering::Function replies(const Response& response) {
    return [response](const Request&, Exchange& exchange) { exchange.reply(response); };
}

/// The error of a request that must fail.
inline Error failure_of(Result<Response> result) {
    if (!result) return result.error();
    ADD_FAILURE() << "answered with " << result->status;
    return {};
}

}  // namespace koppla::http
