#pragma once

#include "base/result.h"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace koppla::http {

/// Unzips a stream piece by piece, in pieces of bounded size. Unlike libcurl's own decoding it knows whether
/// the stream has come to its end, which alone tells a whole answer from one that was cut. For one thread.
/// [RFC 1952]
class Gunzip final {
  public:
    using Taker = std::function<Result<void>(std::string_view bytes)>;

    Gunzip();
    ~Gunzip();
    Gunzip(const Gunzip&) = delete;
    Gunzip& operator=(const Gunzip&) = delete;

    /// `corrupt` where the bytes are no gzip, or some follow its end.
    Result<void> put(std::string_view bytes, const Taker& take);
    [[nodiscard]] bool is_at_end() const { return is_at_end_; }

  private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
    std::vector<char> out_;
    bool is_at_end_ = false;
};

}  // namespace koppla::http
