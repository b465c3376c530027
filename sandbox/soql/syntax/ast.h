#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace koppla::sandbox::soql {

/// A field as it is written: "Name", or "Account.Owner.Name"; `at` is its offset in the text.
struct Path {
    std::vector<std::string> names;
    std::size_t at = 0;

    [[nodiscard]] std::string text() const {
        std::string joined;
        for (const std::string& name : names) joined += (joined.empty() ? "" : ".") + name;
        return joined;
    }
};

struct Literal {
    enum class Kind { null, boolean, number, string, date, datetime, range };

    Kind kind = Kind::null;
    std::string text{};     ///< string: escapes read; range: upper case, without ":n"; others: as written
    std::string pattern{};  ///< string: for LIKE, with \% and \_ kept as escapes
    std::int64_t n = 0;     ///< of a range such as LAST_N_DAYS:n
    std::size_t at = 0;
};

enum class Operator {
    equal,
    not_equal,
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    like,
    in,
    not_in,
    includes,
    excludes
};

struct Condition {
    enum class Kind { comparison, all_of, any_of, negation };

    Kind kind = Kind::comparison;
    std::vector<Condition> parts{};  ///< of all_of, any_of; the one of negation
    Path field{};                    ///< of a comparison, as what follows
    Operator op = Operator::equal;
    std::size_t op_at = 0;
    std::vector<Literal> values{};
};

struct SelectItem {
    enum class Kind { field, count_rows, count_field };

    Kind kind = Kind::field;
    Path field{};
    std::string alias{};
};

struct OrderKey {
    enum class Nulls { first, last };

    Path field;
    bool is_descending = false;
    Nulls nulls = Nulls::first;
};

struct Query {
    std::vector<SelectItem> items{};
    std::string object{};
    std::size_t object_at = 0;
    std::string alias{};
    std::optional<Condition> where{};
    std::vector<OrderKey> order{};
    std::optional<std::int64_t> limit{};
};

}  // namespace koppla::sandbox::soql
