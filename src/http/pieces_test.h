#pragma once

#include "http/client.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace koppla::http {

/// A body that is made in pieces of some bytes at most; `announced` may lie.
class Pieces final : public BodySource {
  public:
    explicit Pieces(std::string text, std::size_t piece_bytes = 1'000)
        : announced{text.size()}, text_{std::move(text)}, piece_bytes_{piece_bytes} {}

    [[nodiscard]] std::size_t size() const override { return announced; }
    Result<void> rewind() override {
        ++rewinds;
        at_ = 0;
        return {};
    }
    Result<std::size_t> read(std::span<char> room) override {
        if (fails_at && at_ >= *fails_at) return error(ErrorKind::unavailable, "the rows are gone");
        const std::size_t count = std::min({room.size(), piece_bytes_, text_.size() - at_});
        std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, room.begin());
        at_ += count;
        return count;
    }

    std::size_t announced;
    std::optional<std::size_t> fails_at{};
    int rewinds = 0;

  private:
    const std::string text_;
    const std::size_t piece_bytes_;
    std::size_t at_ = 0;
};

}  // namespace koppla::http
