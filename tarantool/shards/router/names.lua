-- Procedures about one import, whose id is their first argument: a router passes them on to the set that has the
-- import. Those that write wait for a bucket that is about to move, and are never sent twice.

return {
    ['svodka.imports.state'] = 'read',
    ['svodka.imports.describe'] = 'read',
    ['svodka.imports.delete'] = 'write',
    ['svodka.checks.recount'] = 'read',
    ['svodka.checks.digest'] = 'read',
    ['svodka.citizens.page'] = 'read',
    ['svodka.citizens.get'] = 'read',
    ['svodka.citizens.find'] = 'read',
    ['svodka.citizens.history'] = 'read',
    ['svodka.citizens.patch'] = 'write',
    ['svodka.comparison.digests'] = 'read',
    ['svodka.comparison.rows'] = 'read',
    ['svodka.presents.by_month'] = 'read',
    ['svodka.presents.by_month_of_town'] = 'read',
    ['svodka.presents.busiest'] = 'read',
    ['svodka.presents.page'] = 'read',
    ['svodka.presents.names'] = 'read',
    ['svodka.stats.birth_ranks'] = 'read',
    ['svodka.stats.ages'] = 'read',
}
