#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::odata {

/// The answer to one operation of a batch, as views into the batch's own answer.
struct PartAnswer {
    int status = 0;
    std::string_view headers;  ///< lines as they came
    std::string_view body{};   ///< empty where there is none

    /// The first header of that name, in any case, without the blanks around its value.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// What a batch was answered, operation after operation in their order.
struct BatchAnswer {
    std::vector<PartAnswer> parts;
    bool is_whole = false;  ///< the closing delimiter came: nothing was cut off
};

/// The boundary of "multipart/mixed; boundary=…", quoted or not; nothing for another type: then the batch as
/// a whole was refused.
std::optional<std::string> boundary_of(std::string_view content_type);

/// Takes an answer apart. Lines may end in CRLF or LF, and text before the first delimiter and behind the
/// last is passed over; but `corrupt` for a part that is no HTTP answer, for more parts than `parts_max`, and
/// where there is none. A part that was cut off isn't answered. [RFC 2046, 5.1.1; OData Protocol 4.0, 11.7.4]
Result<BatchAnswer> read_batch_answer(std::string_view body, std::string_view boundary,
                                      std::size_t parts_max);

}  // namespace koppla::odata
