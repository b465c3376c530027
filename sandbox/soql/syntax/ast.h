#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace koppla::sandbox::soql {

/// A field as it is written: "Name", or "Account.Owner.Name", or in a function; `at` is its offset in the
/// text.
struct Path {
    std::vector<std::string> names{};  ///< empty: the function stands alone, as in COUNT()
    std::string function{};            ///< upper case, or empty
    std::size_t at = 0;

    [[nodiscard]] std::string text() const {
        std::string joined;
        for (const std::string& name : names) joined += (joined.empty() ? "" : ".") + name;
        return function.empty() ? joined : function + "(" + joined + ")";
    }
};

struct Literal {
    enum class Kind { null, boolean, number, string, date, datetime, time, range };

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

struct Query;

struct Condition {
    enum class Kind { comparison, all_of, any_of, negation };

    Kind kind = Kind::comparison;
    std::vector<Condition> parts{};  ///< of all_of, any_of; the one of negation
    Path field{};                    ///< of a comparison, as what follows
    Operator op = Operator::equal;
    std::size_t op_at = 0;
    std::vector<Literal> values{};
    std::shared_ptr<const Query> among{};  ///< of IN (SELECT …), in the place of values
};

/// WHEN Account THEN Name, Phone
struct TypeBranch {
    std::string object{};
    std::vector<Path> fields{};
    std::size_t at = 0;
};

struct SelectItem {
    enum class Kind { field, children, type_of };

    Kind kind = Kind::field;
    Path field{};  ///< of type_of: the relationship
    std::string alias{};
    std::shared_ptr<const Query> children{};  ///< FROM names the relationship
    std::vector<TypeBranch> branches{};       ///< of type_of
    std::vector<Path> otherwise{};            ///< of type_of: ELSE
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
    std::vector<Path> groups{};
    std::optional<Condition> having{};
    std::vector<OrderKey> order{};
    std::optional<std::int64_t> limit{};
    std::int64_t offset = 0;
    std::size_t offset_at = 0;
};

}  // namespace koppla::sandbox::soql
