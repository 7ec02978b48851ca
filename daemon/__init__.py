"""The process that acts: it takes photos in, files them, regroups unknown meters and works the jobs the pages ask for."""
