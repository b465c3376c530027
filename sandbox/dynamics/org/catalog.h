#pragma once

#include "sandbox/dynamics/org/table.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace koppla::sandbox::dynamics {

/// The tables of an org and the ways between them. A value; does not change: what is hidden makes another
/// catalog. Pointers into it live as long as it does.
class Catalog {
  public:
    Catalog() = default;
    /// Relationships whose referencing table isn't there are left out.
    Catalog(std::vector<Table> tables, std::vector<Relationship> relationships, std::string version);
    Catalog(const Catalog&) = delete;
    Catalog& operator=(const Catalog&) = delete;
    Catalog(Catalog&&) = default;
    Catalog& operator=(Catalog&&) = default;

    [[nodiscard]] const std::vector<Table>& tables() const { return tables_; }
    [[nodiscard]] const std::vector<Relationship>& relationships() const { return relationships_; }
    /// By logical name; null where there is none.
    [[nodiscard]] const Table* find(std::string_view name) const;
    /// By entity set name: "contacts". Case-sensitive, as there.
    [[nodiscard]] const Table* find_set(std::string_view set_name) const;

    /// The way that a single-valued navigation name of a table leads ("parentcustomerid_account"); of an
    /// owner, the one to "owner". Case-sensitive; null where there is none.
    [[nodiscard]] const Relationship* find_navigation(const Table& table, std::string_view navigation) const;
    /// The same for a collection ("contact_customer_accounts" of account).
    [[nodiscard]] const Relationship* find_collection(const Table& table, std::string_view collection) const;
    /// The single-valued way from a lookup to one of its targets.
    [[nodiscard]] const Relationship* navigation_of(const Table& table, const Attribute& lookup,
                                                    std::string_view target) const;
    /// Those whose lookup lies in this table, and those that lead to it.
    [[nodiscard]] std::vector<const Relationship*> from(const Table& table) const;
    [[nodiscard]] std::vector<const Relationship*> to(const Table& table) const;
    /// Global option sets, by name; each once.
    [[nodiscard]] std::vector<const OptionSet*> global_option_sets() const;
    /// globalmetadataversion: changes when anything of this does.
    [[nodiscard]] const std::string& version() const { return version_; }

  private:
    std::vector<Table> tables_;
    std::vector<Relationship> relationships_;
    std::string version_;
    std::unordered_map<std::string, std::size_t> by_name_;
    std::unordered_map<std::string, std::size_t> by_set_;
};

}  // namespace koppla::sandbox::dynamics
