#include "db/postgres/values.h"

#include <fmt/format.h>

namespace koppla::db::postgres {

namespace {

constexpr unsigned bytea_oid = 17;  // [PostgreSQL: pg_type.dat]

}  // namespace

void Values::add(const Parameter& parameter) {
    if (const auto* bytes = std::get_if<Bytes>(&parameter)) {
        static constexpr char none = 0;
        const char* const data = bytes->empty() ? &none : reinterpret_cast<const char*>(bytes->data());
        return add(bytea_oid, data, bytes->size(), 1);
    }
    if (std::holds_alternative<std::monostate>(parameter)) return add(0, nullptr, 0, 0);
    if (const auto* integer = std::get_if<std::int64_t>(&parameter))
        texts_.push_back(fmt::format("{}", *integer));
    if (const auto* real = std::get_if<double>(&parameter)) texts_.push_back(fmt::format("{}", *real));
    if (const auto* text = std::get_if<std::string_view>(&parameter)) {
        has_nul_ = has_nul_ || text->find('\0') != std::string_view::npos;
        texts_.emplace_back(*text);
    }
    add(0, texts_.back().c_str(), texts_.back().size(), 0);
}

void Values::add(unsigned type, const char* data, std::size_t size, int format) {
    types_.push_back(type);
    data_.push_back(data);
    sizes_.push_back(static_cast<int>(size));
    formats_.push_back(format);
}

}  // namespace koppla::db::postgres
