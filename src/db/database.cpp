#include "db/database.h"

#include "db/naming.h"

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

std::string Dialect::fitting(std::string_view name) const {
    return db::fitting(name, static_cast<std::size_t>(identifier_bytes_max()));
}

}  // namespace koppla::db
