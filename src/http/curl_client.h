#pragma once

#include "http/client.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace koppla::http {

/// How an account's requests leave the machine.
struct Transport {
    std::optional<std::string> ca_file;  ///< PEM, trusted besides the system's authorities
    std::optional<std::string> proxy;    ///< absent: HTTPS_PROXY and NO_PROXY; empty: none
    /// "acme.my.salesforce.com", "127.0.0.1:8443", "*.salesforce.com" (any depth below it); without a port,
    /// any port. Nothing else is called: where none is named, nothing is.
    std::vector<std::string> allowed_hosts;
    bool accepts_gzip = true;
    std::string user_agent = "koppla/" KOPPLA_VERSION;
    std::chrono::milliseconds connect_time_max{15'000};
    std::chrono::milliseconds stall_time_max{60'000};  ///< no byte for so long: the transfer is given up
    std::size_t error_body_bytes_max = std::size_t{1} << 20;
    std::size_t header_bytes_max = std::size_t{256} << 10;
};

/// The real Client, over libcurl: https only, TLS 1.2 or newer, certificates and names always verified, no
/// redirect followed, hosts outside `allowed_hosts` refused before a byte is sent. Connections are kept and
/// used again. A body beyond its bound is `corrupt`. When a kept connection turns out to be dead, GET, HEAD
/// and OPTIONS are sent once more, others are `in_doubt`. A CA file that can't be read is an error of every
/// `send`. Thread-safe; a request uses the caller's thread.
class CurlClient final : public Client {
  public:
    explicit CurlClient(Transport transport);
    ~CurlClient() override;
    Result<Response> send(const Request& request, BodySink& sink, const Call& call) override;

  private:
    class Connections;
    Transport transport_;
    std::unique_ptr<Connections> connections_;
};

}  // namespace koppla::http
