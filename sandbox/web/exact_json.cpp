#include "sandbox/web/exact_json.h"

#include "sandbox/web/json.h"
#include "sandbox/web/json_text.h"

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// Builds the tree as nlohmann does, but for decimal numbers.
class Reader : public nlohmann::detail::json_sax_dom_parser<nlohmann::json> {
  public:
    explicit Reader(nlohmann::json& tree) : json_sax_dom_parser{tree, false} {}
    bool number_float(double, const std::string& written) {
        nlohmann::json::binary_t digits{std::vector<std::uint8_t>{written.begin(), written.end()}};
        return binary(digits);
    }
};

}  // namespace

Result<nlohmann::json> parse_exact(std::string_view text) {
    TRY(parse_json(text));
    nlohmann::json tree;
    Reader reader{tree};
    if (!nlohmann::json::sax_parse(text, &reader))
        return error(ErrorKind::invalid, "Unexpected character or end of input: the body is not JSON");
    return tree;
}

std::optional<std::string> digits_of(const nlohmann::json& value) {
    if (value.is_number_integer()) return value.dump();
    if (!value.is_binary()) return std::nullopt;
    const auto& digits = value.get_binary();
    return std::string{digits.begin(), digits.end()};
}

std::string exact_text(const nlohmann::json& value) {
    if (const auto digits = digits_of(value)) return *digits;
    std::string text;
    if (value.is_object()) {
        text += '{';
        for (const auto& [name, member] : value.items()) {
            if (text.size() > 1) text += ',';
            append_json_text(text, name);
            text += ':' + exact_text(member);
        }
        return text + '}';
    }
    if (value.is_array()) {
        text += '[';
        for (const auto& member : value) text += (text.size() > 1 ? "," : "") + exact_text(member);
        return text + ']';
    }
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace koppla::sandbox
