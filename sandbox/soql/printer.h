#pragma once

#include "sandbox/soql/plan.h"
#include "sandbox/soql/scope.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::sandbox::soql {

/// `{"attributes":{"type":"Contact","url":"…/sobjects/Contact/`
std::string attributes_of(const Object& object, std::string_view base);

/// Collects what is selected, and orders it for printing: the fields of a parent stand together, where the
/// first of them was selected.
class Printer {
  public:
    Printer(Plan& plan, std::string_view base) : plan_{plan}, base_{base} { column("t0.\"Id\""); }

    void add(const Resolved& resolved);
    /// Parents on the way that have no field selected still print their attributes, so their joins are named
    /// late.
    void name_parent(std::span<const std::string> relationships, std::size_t join, const Object& object);
    void add_children(Plan children);

    /// TYPEOF: `begin_type_of` with the reference, then a branch for each object it may point to.
    void begin_type_of(const Resolved& reference);
    void add_branch(std::size_t join, const Object& object, std::span<const Resolved> fields);

    /// The result column that holds this SQL.
    int column(const std::string& sql);
    /// What was collected becomes the plan's steps.
    void finish() { flatten(root_); }

  private:
    struct Entry {
        Step step{};
        std::size_t child = 0;
        bool is_child = false;
    };
    struct Node {
        std::size_t join = 0;
        const Object* object = nullptr;
        std::string relationship;
        std::vector<Entry> entries;
        std::vector<std::unique_ptr<Node>> children;
    };

    Step step_of(const Resolved& resolved);
    static Node* parent_of(Node& node, const std::string& relationship);
    void flatten(Node& node);

    Plan& plan_;
    std::string_view base_;
    Node root_;
};

}  // namespace koppla::sandbox::soql
