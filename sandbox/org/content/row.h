#pragma once

#include "sandbox/content/invented.h"
#include "sandbox/org/content/generator.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace koppla::sandbox {

/// What the cells of one row have in common, and its own source of chance.
struct Generator::Row {
    std::uint64_t n;
    Chance chance;
    const Vocabulary* words;
    std::string_view given;
    std::string_view family;
    std::int64_t created;
    std::int64_t stamp;
    bool has_address;
    bool has_split_stamps;
    std::size_t stage;
    const RecordType* type;
    std::string* out;

    std::uint64_t next() { return chance.next(); }
    std::uint64_t below(std::uint64_t bound) { return chance.below(bound); }
    bool one_in(std::uint64_t count) { return chance.one_in(count); }
    /// By the record type; a picklist that is limited comes after RecordTypeId.
    [[nodiscard]] bool allows(const Field& picklist, const PicklistValue& value) const {
        return type == nullptr || type->allows(picklist.name, value.value);
    }
    template <class Words>
    const auto& pick(const Words& from) {
        return chance.pick(from);
    }
};

/// "2026-11-01T10:00:00.000Z", of seconds since 1970.
inline void append_datetime(std::string& out, std::int64_t seconds) {
    append_second(out, seconds);
    out += ".000Z";
}

}  // namespace koppla::sandbox
