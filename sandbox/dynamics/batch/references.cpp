#include "sandbox/dynamics/batch/references.h"

#include "base/ascii.h"

#include <optional>

namespace koppla::sandbox::dynamics {
namespace {

/// The digits behind a '$' that the text begins with; empty where it begins otherwise.
std::string_view content_id(std::string_view text) {
    if (!text.starts_with('$')) return {};
    std::size_t size = 1;
    while (size < text.size() && is_digit(text[size])) ++size;
    return text.substr(1, size - 1);
}

Result<std::string> address_of(std::string_view id, const References& references) {
    const auto found = references.find(id);
    if (found == references.end())
        return error(ErrorKind::invalid,
                     "Content-ID Reference: '$" + std::string{id} + "' does not exist in the batch context.",
                     "0x80060888");
    return found->second;
}

/// Whether the string that begins at `quote` is the value of a member that names a row.
bool is_link_value(std::string_view json, std::size_t quote) {
    auto before = json.substr(0, quote);
    while (!before.empty() &&
           (before.back() == ' ' || before.back() == '\n' || before.back() == '\r' || before.back() == '\t'))
        before.remove_suffix(1);
    if (!before.ends_with(':')) return false;
    before.remove_suffix(1);
    while (before.ends_with(' ')) before.remove_suffix(1);
    return before.ends_with("@odata.bind\"") || before.ends_with("\"@odata.id\"");
}

}  // namespace

Result<void> resolve(http::Request& request, const References& references) {
    auto target = std::string_view{request.target};
    if (target.starts_with("/$")) target.remove_prefix(1);
    if (const auto id = content_id(target); !id.empty())
        request.target = TRY(address_of(id, references)) + std::string{target.substr(id.size() + 1)};
    std::size_t at = 0;
    while ((at = request.body.find('"', at)) != std::string::npos) {
        const auto quote = at++;
        auto value = std::string_view{request.body}.substr(at);
        const std::size_t slash = value.starts_with("/$") ? 1 : 0;
        const auto id = content_id(value.substr(slash));
        if (id.empty() || !is_link_value(request.body, quote)) continue;
        const auto size = slash + 1 + id.size();
        if (!value.substr(size).starts_with('"')) continue;
        const auto address = TRY(address_of(id, references));
        request.body.replace(at, size, address);
        at += address.size() + 1;
    }
    return {};
}

}  // namespace koppla::sandbox::dynamics
