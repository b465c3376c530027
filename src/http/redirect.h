#pragma once

#include "base/call.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::http {

/// Receives the answer of a login in a browser on this machine's loopback: the one place where http without
/// TLS is spoken, because no certificate could be had for it. Whoever else calls meanwhile gets an error and
/// is forgotten. One thread.
class RedirectListener final {
  public:
    /// On localhost, IPv4 and where there is one IPv6. `conflict` where another program has the port.
    static Result<std::unique_ptr<RedirectListener>> start(std::uint16_t port);
    ~RedirectListener();
    RedirectListener(const RedirectListener&) = delete;
    RedirectListener& operator=(const RedirectListener&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Waits for a GET whose path and query `is_answer` accepts; thanks the person with `words`, and answers
    /// that path and query.
    Result<std::string> wait(const std::function<bool(std::string_view target)>& is_answer,
                             std::string_view words, const Call& call);

  private:
    struct Visitor;
    RedirectListener() = default;

    std::vector<int> sockets_;
    std::uint16_t port_ = 0;
};

}  // namespace koppla::http
