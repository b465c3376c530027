#pragma once

#include "http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::odata {

/// What "Prefer" headers ask for; they may be repeated, and hold several. Unknown ones are ignored.
struct Preferences {
    std::optional<std::int64_t> page_rows{};  ///< odata.maxpagesize
    std::vector<std::string> annotations{};   ///< odata.include-annotations: names, "*" and "a.b.*", "-" before
    std::string annotations_text{};           ///< as sent, without the quotes
    enum class Changes : std::uint8_t { ignored, tracked } changes = Changes::ignored;
    enum class OnError : std::uint8_t { stop, go_on } on_error = OnError::stop;
    enum class Return : std::uint8_t { usual, representation, minimal } returns = Return::usual;

    static Preferences of(const http::Headers& headers);
    /// Whether annotations of that name are wanted.
    [[nodiscard]] bool wants(std::string_view annotation) const;
};

}  // namespace koppla::sandbox::odata
