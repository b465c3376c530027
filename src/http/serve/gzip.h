#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace koppla::http {

/// Whether an Accept-Encoding field allows gzip. [RFC 9110, 12.5.3]
bool accepts_gzip(std::string_view accept_encoding);

/// Zips a stream piece by piece at the fastest level. For one thread.
class Gzip final {
  public:
    Gzip();
    ~Gzip();
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    /// What is ready after `bytes` went in; may be empty.
    std::string put(std::string_view bytes);
    /// The rest, with the trailer; nothing may follow.
    std::string finish();

  private:
    struct Stream;
    std::string deflate_all(std::string_view bytes, int flush);
    std::unique_ptr<Stream> stream_;
};

}  // namespace koppla::http
