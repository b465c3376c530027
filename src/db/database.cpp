#include "db/database.h"

namespace koppla::db {

namespace {

std::string enclosed(std::string_view text, char quote) {
    std::string result;
    result.reserve(text.size() + 2);
    result += quote;
    for (const char c : text) {
        if (c == quote) result += quote;
        result += c;
    }
    result += quote;
    return result;
}

}  // namespace

std::string Dialect::quoted(std::string_view identifier) const {
    return enclosed(identifier, '"');
}

std::string Dialect::literal(std::string_view text) const {
    return enclosed(text, '\'');
}

}  // namespace koppla::db
