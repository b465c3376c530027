#include "sandbox/salesforce/bulk_format.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

struct Delimiter {
    std::string_view name;
    char sign;
};
constexpr std::array delimiters{Delimiter{"COMMA", ','}, Delimiter{"BACKQUOTE", '`'}, Delimiter{"CARET", '^'},
                                Delimiter{"PIPE", '|'},  Delimiter{"SEMICOLON", ';'}, Delimiter{"TAB", '\t'}};

}  // namespace

Result<BulkFormat> read_format(const nlohmann::json& body) {
    BulkFormat format;
    const auto ending = TRY(text_member(body, "lineEnding", "LF"));
    if (ending != "LF" && ending != "CRLF") return bad_value("lineEnding", ending);
    format.line_ending = ending == "CRLF" ? LineEnding::crlf : LineEnding::lf;
    const auto type = TRY(text_member(body, "contentType", "CSV"));
    if (type != "CSV") return bad_value("contentType", type);
    const auto name = TRY(text_member(body, "columnDelimiter", "COMMA"));
    const auto delimiter = std::ranges::find(delimiters, name, &Delimiter::name);
    if (delimiter == delimiters.end()) return bad_value("columnDelimiter", name);
    format.delimiter = delimiter->sign;
    return format;
}

std::string_view delimiter_name(char delimiter) {
    return std::ranges::find(delimiters, delimiter, &Delimiter::sign)->name;
}

std::string_view ending_name(LineEnding ending) {
    return ending == LineEnding::crlf ? "CRLF" : "LF";
}

Result<std::string> text_member(const nlohmann::json& body, const char* name, std::string_view fallback) {
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) return std::string{fallback};
    if (!found->is_string())
        return error(ErrorKind::invalid, "The property '" + std::string{name} + "' has to be text",
                     "JSON_PARSER_ERROR");
    return found->get<std::string>();
}

Error bad_value(const char* name, std::string_view value) {
    return error(ErrorKind::invalid, "'" + std::string{value} + "' is not a valid value for " + name,
                 "API_ERROR");
}

}  // namespace koppla::sandbox
