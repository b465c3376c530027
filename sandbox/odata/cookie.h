#pragma once

#include "sandbox/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::odata {

/// Where a walk through pages stands: the page to come, and the sort values of the last row handed out, its
/// id last. Travels in $skiptoken, in the service's outer shape. [Dataverse: Page results]
struct Cookie {
    std::int64_t page = 2;
    struct Mark {
        std::string name;
        Value last;
        Value first{};  ///< of that page; only shown
    };
    std::vector<Mark> marks{};
    std::string tracking{};  ///< the delta token that this walk ends with; empty: changes aren't tracked
};

/// As the value of $skiptoken in a link, encoded.
std::string skip_token(const Cookie& cookie);
/// From the decoded value; nothing for what isn't one. Text and numbers come back as they went.
std::optional<Cookie> read_skip_token(std::string_view text);

}  // namespace koppla::sandbox::odata
