#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace koppla::sandbox::odata {

/// "primarycontactid/fullname" cut at its slashes; never empty.
struct Path {
    std::vector<std::string> segments;

    [[nodiscard]] std::string text() const;
};

struct Literal {
    enum class Kind : std::uint8_t { null, boolean, number, text, guid, date, instant };
    Kind kind = Kind::null;
    std::string text{};  ///< unquoted; GUIDs in lower case
};

enum class Operator : std::uint8_t { eq, ne, gt, ge, lt, le };

struct Condition;

/// Conditions joined by and (all) or or (any).
struct Junction {
    enum class Kind : std::uint8_t { all, any } kind = Kind::all;
    std::vector<Condition> parts;
};
/// `inner` has one element.
struct Negation {
    std::vector<Condition> inner;
};
struct Comparison {
    Path path;
    Operator op = Operator::eq;
    std::variant<Literal, Path> other;
};
struct Membership {
    Path path;
    std::vector<Literal> values;
};
struct TextMatch {
    enum class Kind : std::uint8_t { contains, starts_with, ends_with } kind = Kind::contains;
    Path path;
    std::string text;
};
/// A boolean property alone.
struct Flag {
    Path path;
};
/// "Microsoft.Dynamics.CRM.In(PropertyName='x',PropertyValues=["1","2"])", without the namespace.
struct QueryFunction {
    std::string name;
    Path property;
    std::vector<std::string> values;
};
/// "collection/any(c:c/name eq 'x')"; `inner` has at most one element, and names the variable first.
struct Lambda {
    enum class Kind : std::uint8_t { any, all } kind = Kind::any;
    Path collection;
    std::string variable;
    std::vector<Condition> inner;
};

struct Condition {
    std::variant<Junction, Negation, Comparison, Membership, TextMatch, Flag, QueryFunction, Lambda> is;
};

struct Ordering {
    Path path;
    enum class Direction : std::uint8_t { ascending, descending } direction = Direction::ascending;
};

/// "primarycontactid($select=fullname;$expand=…)".
struct Expansion {
    std::string navigation;
    std::vector<std::string> select{};  ///< empty: everything
    std::vector<Expansion> expand{};
    std::vector<std::string> further{};  ///< names of other options that were given
};

struct Aggregate {
    enum class Method : std::uint8_t { count, sum, average, minimum, maximum, count_distinct };
    Method method = Method::count;
    std::string property{};  ///< empty: $count
    std::string alias;
};

/// "filter(…)/groupby((a,b),aggregate(…))".
struct Apply {
    std::vector<Condition> filters;
    std::vector<std::string> group_by;
    std::vector<Aggregate> aggregates;
};

}  // namespace koppla::sandbox::odata
