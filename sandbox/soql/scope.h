#pragma once

#include "base/result.h"
#include "sandbox/org/catalog.h"
#include "sandbox/org/value.h"
#include "sandbox/soql/syntax/ast.h"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::soql {

/// The state's table of an object, and a column, as SQL.
std::string table_sql(const Object& object);
std::string quoted_name(std::string_view identifier);
/// The integer key of every table.
inline constexpr std::string_view row_column = "\"_row\"";

/// A path that was found: the field, the object it belongs to, and which join leads there (0: the object
/// itself). In a function, `field` is made up: it has the type of the function's value.
struct Resolved {
    enum class Use { plain, aggregate, calculation, label };

    std::size_t join = 0;
    const Object* object = nullptr;
    const Field* field = nullptr;
    std::vector<std::string> relationships{};  ///< canonical names, from the object outwards
    Use use = Use::plain;
    std::string expression{};  ///< SQL of an aggregate or a calculation

    [[nodiscard]] std::string sql() const;
    [[nodiscard]] std::string name() const;  ///< canonical, dotted
};

/// What the clauses of one query share: its object, the parents joined so far, and the values bound.
class Scope {
  public:
    Scope(const Catalog& catalog, std::string_view soql, const Object& object, std::string_view alias);
    /// The scope of a query within another: values are bound in the outer one.
    Scope(Scope& outer, const Object& object, std::string_view alias);

    [[nodiscard]] const Object& object() const { return *joins_.front().object; }
    [[nodiscard]] const Catalog& catalog() const { return catalog_; }
    [[nodiscard]] std::string_view soql() const { return soql_; }
    /// INVALID_FIELD where a name of the path isn't there, MALFORMED_QUERY where a function doesn't fit it.
    Result<Resolved> resolve(const Path& path);
    /// Joins what a reference points to, if it is one of this object; an index of `t…`.
    std::size_t join(std::size_t parent, const Field& reference, const Object& target);

    /// "$3": the place of a value in the statement.
    std::string bind(Value value);
    [[nodiscard]] const std::vector<Value>& bound() const { return bound_; }
    /// One more of them; how many the whole query has now.
    int count_semi_join() { return outer_ != nullptr ? outer_->count_semi_join() : ++semi_joins_; }
    /// `"org_Contact" t0 …` and its joins come apart, because a page puts its ids between them.
    [[nodiscard]] std::string table() const;
    [[nodiscard]] std::string joins() const;

  private:
    struct Join {
        std::size_t parent;
        const Field* reference;  ///< null for the object itself
        const Object* object;
    };
    Result<Resolved> resolve_field(const Path& path);

    const Catalog& catalog_;
    std::string_view soql_;
    std::string alias_;  ///< lower case
    std::vector<Join> joins_;
    std::vector<Value> bound_;
    int semi_joins_ = 0;
    std::deque<Field> made_;  ///< of functions; their addresses stay
    Scope* outer_ = nullptr;
};

/// INVALID_FIELD, in the vendor's words.
Error no_such_column(std::string_view soql, const Path& path, const Object& object);

/// A field in a function: COUNT, SUM …, CALENDAR_YEAR …, TOLABEL. [Salesforce: SOQL, Aggregate Functions;
/// Date Functions; toLabel()]
struct Applied {
    Resolved::Use use;
    Field field;  ///< with the type of what comes out
    std::string sql;
};
bool is_aggregate(const Path& path);
Result<Applied> apply_function(std::string_view soql, const Path& path, const Resolved& argument);

}  // namespace koppla::sandbox::soql
